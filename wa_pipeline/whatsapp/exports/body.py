"""What a message is, read from its body: the marks WhatsApp leaves for pictures, edits, deletions, polls and calls.

A mark is taken off the text; everything else stays as it was written.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from wa_pipeline.whatsapp.exports import phrases, system
from wa_pipeline.whatsapp.exports.message import CALL, DELETED, EDITED, OMITTED, SYSTEM
from wa_pipeline.whatsapp.exports.periods import MARKS, SPACES
from wa_pipeline.whatsapp.exports.phrases import phrase_key

_M = f"[{MARKS}]"
_ONLY_MARKS: Final = re.compile(f"{_M}*")
_MARK: Final = re.compile(_M)
_LEADING: Final = re.compile(f"^{_M}+")
_ORDINAL: Final = re.compile(r"\d{8}-")
_WHATSAPP_NAME: Final = re.compile(r"[A-Z]{3}-\d{8}-WA\d{4}\.\w+")
_EXTENSION: Final = re.compile(r"\.\w{1,5}$")

# … <attached: 00000012-PHOTO.jpg>, with a caption before it or on the following lines.
_IN_ANGLES: Final = re.compile(
    rf"(?P<before>(?s:.*?))(?P<gap>[ \n]?){_M}*"
    rf"<{_M}*(?P<word>[^<>:：\n]{{1,40}}?)[{SPACES}]?[:：][{SPACES}]?(?P<name>[^<>\n]+?){_M}*>{_M}*"
    rf"(?:\n(?P<after>(?s:.*)))?"
)
# IMG-20240131-WA0001.jpg (file attached), with a caption on the following lines.
_IN_BRACKETS: Final = re.compile(
    rf"{_M}*(?P<name>[^\n]+?){_M}* {_M}*[(（](?P<word>[^()（）\n]{{2,40}})[)）]{_M}*(?:\n(?P<after>(?s:.*)))?"
)
_PLACEHOLDER: Final = re.compile(rf"{_M}*<{_M}*(?P<phrase>[^<>\n]{{3,60}}?){_M}*>{_M}*(?:\n(?P<after>(?s:.*)))?")
_MARKED_TAIL: Final = re.compile(rf"(?P<before>(?s:.*?))(?P<gap>[ \n]?){_M}+(?P<phrase>[^\n<>{MARKS}]{{3,60}}){_M}*")
_EDIT: Final = re.compile(
    rf"(?P<before>(?s:.*?))(?P<gap>[ \n]?)(?P<mark>{_M}*)<{_M}*(?P<phrase>[^<>:\n]{{4,80}}?){_M}*>{_M}*"
)
_FIRST_LINE: Final = re.compile(rf"{_M}*([^\n:：]{{2,40}})[:：](.*)")
_POLL_OPTION: Final = re.compile(r"\n[^\n]*[^\n:：]+[:：] .*\([^)]*\d[^)]*\)")
_MAPS: Final = re.compile(
    r" ?https?://(?:maps\.(?:google|apple)\.com/|www\.google\.com/maps|foursquare\.com/v/|goo\.gl/maps)"
)

IMAGES: Final = frozenset(["jpg", "jpeg", "jfif", "png", "heic", "heif", "bmp", "tif", "tiff", "avif"])
VIDEOS: Final = frozenset(["mp4", "mov", "3gp", "3gpp", "mkv", "avi", "webm", "m4v", "mpg", "mpeg"])
SOUNDS: Final = frozenset(["opus", "ogg", "oga", "mp3", "m4a", "aac", "amr", "wav", "flac", "wma", "caf"])


class Reading(NamedTuple):
    """A body, understood."""

    text: str | None
    kind: str = "text"
    subkind: str | None = None
    attachment: str | None = None
    flags: int = 0


def kind_of_file(name: str) -> tuple[str, str | None]:
    """(kind, subkind) of an attachment, from its name."""
    upper = _ORDINAL.sub("", name, count=1).upper() if _ORDINAL.match(name) else name.upper()
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension == "vcf":
        return "other", "contact"
    if extension == "webp" or upper.startswith(("STK-", "STICKER-")):
        return "image", "sticker"
    if extension == "gif" or upper.startswith("GIF-"):
        return "video", "gif"
    if upper.startswith(("PTV-", "VIDEO_NOTE-")):
        return "video", "ptv"
    if extension in VIDEOS:
        return "video", None
    if extension in SOUNDS:
        spoken = upper.startswith("PTT-") or (extension == "opus" and upper.startswith(("AUDIO-", "AUD-")))
        return "audio", "voice" if spoken else None
    return ("image", None) if extension in IMAGES else ("doc", None)


def _text(*pieces: str | None) -> str | None:
    """The caption: what is left beside a mark, or None where that is nothing."""
    return "\n".join(piece for piece in pieces if piece and not _ONLY_MARKS.fullmatch(piece)) or None


def _attached(body: str) -> Reading | None:
    match = _IN_ANGLES.fullmatch(body)
    if match and (phrase_key(match["word"]) in phrases.ATTACHED or _ORDINAL.match(match["name"])):
        return Reading(_text(match["before"], match["after"]), *kind_of_file(match["name"]), match["name"])
    match = _IN_BRACKETS.fullmatch(body)
    if match is None:
        return None
    name = match["name"]
    known = phrase_key(match["word"]) in phrases.FILE_ATTACHED and (_EXTENSION.search(name) or _LEADING.match(body))
    if known or _WHATSAPP_NAME.fullmatch(name):
        return Reading(match["after"] or None, *kind_of_file(name), name)
    return None


def _omitted(body: str, *, marks_expected: bool) -> Reading | None:
    match = _PLACEHOLDER.fullmatch(body)
    if match:
        key = phrase_key(match["phrase"])
        if key in phrases.MEDIA_OMITTED or key in phrases.OMITTED:
            kind, subkind = phrases.OMITTED.get(key, ("other", "omitted"))
            return Reading(match["after"] or None, kind, subkind, None, OMITTED)
    match = _MARKED_TAIL.fullmatch(body)
    if match and (found := phrases.OMITTED.get(phrase_key(match["phrase"]))):
        return Reading(_text(match["before"]), *found, None, OMITTED)
    if not marks_expected and (found := phrases.OMITTED.get(phrase_key(body))) and len(body) < 60:
        return Reading(None, *found, None, OMITTED)
    return None


def _edited(body: str) -> str | None:
    """The text before an edit mark; None where there is none."""
    match = _EDIT.fullmatch(body)
    if match is None or not match["before"]:
        return None
    known = phrase_key(match["phrase"]) in phrases.EDITED
    return match["before"] if known or (match["mark"] and match["gap"] == " ") else None


def _said_by_form(body: str, *, marked: bool) -> Reading | None:
    bare = _LEADING.sub("", body)
    key = phrase_key(bare) if len(bare) < 120 else ""
    if key in phrases.DELETED or (key and key.startswith(phrases.DELETED_BY_ADMIN) and marked):
        return Reading(bare, "text", "deleted", None, DELETED)
    if bare in system.CALL_LINES or (marked and system.CALL.match(bare)):
        return Reading(bare, "other", "call", None, CALL)
    if bare == "null":
        return Reading(bare, "text", "null")
    if first := _FIRST_LINE.match(bare):
        word, rest = phrase_key(first[1]), first[2]
        if word in phrases.POLL and not rest.strip() and _POLL_OPTION.search(bare):
            return Reading(bare, "other", "poll")
        if word in phrases.LOCATION and _MAPS.match(rest):
            return Reading(bare, "other", "location")
    return None


def _is_notice(body: str, sender: str, own_names: frozenset[str]) -> bool:
    """Whether a marked iOS line is WhatsApp's: in the chat's own name, about its sender, or worded like a notice."""
    text = _MARK.sub("", body).lstrip(f"~{SPACES}")
    return sender in own_names or (sender != "" and text.startswith(f"{sender} ")) or system.is_notice(text)


def read_system(text: str) -> Reading:
    """A line without a sender."""
    bare = _LEADING.sub("", text)
    if bare in system.CALL_LINES or system.CALL.match(bare):
        return Reading(bare, "other", "call", None, SYSTEM | CALL)
    return Reading(bare or None, "other", "system", None, SYSTEM)


def read_body(body: str, sender: str, *, ios: bool, marks_expected: bool, own_names: frozenset[str]) -> Reading:
    """What the body says. `own_names`: the names the chat itself speaks under; a notice comes back with SYSTEM set."""
    if not body:
        return Reading(None)
    marked = _LEADING.match(body) is not None
    found = _attached(body) or _omitted(body, marks_expected=marks_expected) or _said_by_form(body, marked=marked)
    if found:
        return found
    before = _edited(body)
    if before is not None:
        inner = read_body(before, sender, ios=False, marks_expected=True, own_names=own_names)
        return inner._replace(flags=inner.flags | EDITED)
    if ios and marked and _is_notice(body, sender, own_names):
        return read_system(body)
    return Reading(body)
