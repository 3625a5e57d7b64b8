"""What a message is, read from its body: the marks WhatsApp leaves for pictures, edits, deletions, polls and calls.

A mark is taken off the text; everything else stays as it was written.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from wa_pipeline.whatsapp.exports import phrases, system
from wa_pipeline.whatsapp.exports.message import CALL, DELETED, EDITED, OMITTED, SYSTEM
from wa_pipeline.whatsapp.exports.periods import MARK_CHARACTERS, MARKS, SPACES
from wa_pipeline.whatsapp.exports.phrases import phrase_key

_MARK: Final = re.compile(f"[{MARKS}]")
_ORDINAL: Final = re.compile(r"\d{8}-")
_IOS_MEDIA: Final = re.compile(r"[\u200e\u200f]?<[^<>:\n]{1,40}: (\d{8}-[A-Z]+-[\d-]{19}\.\w{3,4})>")
_ANDROID_MEDIA: Final = re.compile(r"[\u200e\u200f]?([A-Z]{3}-\d{8}-WA\d{4}\.\w{3,4}) \([^()\n]{2,40}\)(?:\n([^<]*))?")
_WHATSAPP_NAME: Final = re.compile(r"[A-Z]{3}-\d{8}-WA\d{4}\.\w+")
_EXTENSION: Final = re.compile(r"\.\w{1,5}$")
_POLL_OPTION: Final = re.compile(r"\n[^\n]*[^\n:：]+[:：] .*\([^)]*\d[^)]*\)")
_MAPS: Final = re.compile(
    r" ?https?://(?:maps\.(?:google|apple)\.com/|www\.google\.com/maps|foursquare\.com/v/|goo\.gl/maps)"
)
_LONGEST_PHRASE: Final = 80
_FIRST_LINE_ENDS: Final = frozenset(")）:：")

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
    stem, _, extension = name.rpartition(".")
    bare = name[9:] if name[8:9] == "-" and name[:8].isdecimal() else name
    return _kind_of(bare.partition("-")[0].upper(), extension.lower() if stem else "")


@lru_cache(maxsize=1024)
def _kind_of(prefix: str, extension: str) -> tuple[str, str | None]:
    if extension == "vcf":
        return "other", "contact"
    if extension == "webp" or prefix in {"STK", "STICKER"}:
        return "image", "sticker"
    if extension == "gif" or prefix == "GIF":
        return "video", "gif"
    if prefix in {"PTV", "VIDEO_NOTE"}:
        return "video", "ptv"
    if extension in VIDEOS:
        return "video", None
    if extension in SOUNDS:
        spoken = prefix == "PTT" or (extension == "opus" and prefix in {"AUDIO", "AUD"})
        return "audio", "voice" if spoken else None
    return ("image", None) if extension in IMAGES else ("doc", None)


class _Angled(NamedTuple):
    """`before<inside>after`, the angles being the last thing in a body or its whole first line."""

    before: str
    inside: str
    after: str


def _at_the_end(body: str) -> _Angled | None:
    bare = body.rstrip(MARK_CHARACTERS)
    start = bare.rfind("<") if bare.endswith(">") else -1
    inside = bare[start + 1 : -1].strip(MARK_CHARACTERS)
    return None if start < 0 or "\n" in inside else _Angled(bare[:start], inside, "")


def _in_the_first_line(body: str) -> _Angled | None:
    line, newline, rest = body.partition("\n")
    line = line.strip(MARK_CHARACTERS)
    inside = line[1:-1].strip(MARK_CHARACTERS)
    found = newline and line.startswith("<") and line.endswith(">") and "<" not in inside
    return _Angled("", inside, rest) if found else None


def _caption(before: str) -> str:
    """What precedes a mark, without the one space or line break and the direction marks between them."""
    bare = before.rstrip(MARK_CHARACTERS)
    return bare[:-1] if bare.endswith((" ", "\n")) else bare


def _text(before: str, after: str) -> str | None:
    """The caption: what is left beside a mark, or None where that is nothing."""
    return "\n".join(piece for piece in (_caption(before), after) if piece.strip(MARK_CHARACTERS)) or None


def _attached_in_angles(found: _Angled) -> Reading | None:
    """… <attached: 00000012-PHOTO.jpg>, with a caption before it or on the following lines."""
    word, colon, name = found.inside.replace("：", ":", 1).partition(":")
    name = name.strip(SPACES + MARK_CHARACTERS)
    if colon and name and len(word) <= 40 and (phrase_key(word) in phrases.ATTACHED or _ORDINAL.match(name)):
        return Reading(_text(found.before, found.after), *kind_of_file(name), name)
    return None


def _attached_in_brackets(body: str) -> Reading | None:
    """IMG-20240131-WA0001.jpg (file attached), with a caption on the following lines."""
    line, _, caption = body.partition("\n")
    bare = line.strip(MARK_CHARACTERS)
    start = max(bare.rfind(" ("), bare.rfind("（")) if bare.endswith((")", "）")) else -1
    if start <= 0:
        return None
    name, word = bare[:start].strip(MARK_CHARACTERS), bare[start:].strip(" ()（）" + MARK_CHARACTERS)
    known = phrase_key(word) in phrases.FILE_ATTACHED and (_EXTENSION.search(name) or line[:1] in MARK_CHARACTERS)
    if known or _WHATSAPP_NAME.fullmatch(name):
        return Reading(caption or None, *kind_of_file(name), name)
    return None


def _left_out(found: _Angled) -> Reading | None:
    """<Media omitted>, with a caption on the following lines."""
    if found.before.strip(MARK_CHARACTERS) or len(found.inside) > _LONGEST_PHRASE:
        return None
    key = phrase_key(found.inside)
    if key in phrases.MEDIA_OMITTED or key in phrases.OMITTED:
        return Reading(found.after or None, *phrases.OMITTED.get(key, ("other", "omitted")), None, OMITTED)
    return None


def _left_out_behind_mark(body: str, *, marks_expected: bool) -> Reading | None:
    """… ‎image omitted, a direction mark before the phrase and a caption before that."""
    bare = body.rstrip(MARK_CHARACTERS)
    mark = max(bare.rfind("\u200e"), bare.rfind("\u200f"))
    phrase = bare[mark + 1 :]
    if (mark < 0 and marks_expected) or len(phrase) > _LONGEST_PHRASE or "\n" in phrase:
        return None
    kind = phrases.OMITTED.get(phrase_key(phrase))
    return Reading(_text(bare[: max(mark, 0)], ""), *kind, None, OMITTED) if kind else None


def _before_edit_mark(found: _Angled) -> str | None:
    """The text before <This message was edited>; None where the angles say something else."""
    if not found.before or ":" in found.inside or len(found.inside) > _LONGEST_PHRASE:
        return None
    # A language that is not in the table still puts a direction mark before the angles.
    marked = found.before[-1] in MARK_CHARACTERS and _caption(found.before) != found.before.rstrip(MARK_CHARACTERS)
    return _caption(found.before) if marked or phrase_key(found.inside) in phrases.EDITED else None


def _said_by_form(body: str, *, marked: bool) -> Reading | None:
    """Deleted, a call, a poll, a location: lines known by how they are worded."""
    bare = body.lstrip(MARK_CHARACTERS) if marked else body
    if bare in phrases.DELETED_LINES or (marked and _is_deletion(bare)):
        return Reading(bare, "text", "deleted", None, DELETED)
    if bare == "null":
        return Reading(bare, "text", "null")
    if bare in system.CALL_LINES or (marked and system.CALL.match(bare)):
        return Reading(bare, "other", "call", None, CALL)
    line, newline, _ = bare.partition("\n")
    if newline and line.endswith((":", "：")) and phrase_key(line[:-1]) in phrases.POLL and _POLL_OPTION.search(bare):
        return Reading(bare, "other", "poll")
    if "://" in line:
        word, _, rest = line.partition(":")
        if _MAPS.match(rest) and phrase_key(word) in phrases.LOCATION:
            return Reading(bare, "other", "location")
    return None


def _is_deletion(bare: str) -> bool:
    key = phrase_key(bare) if len(bare) <= _LONGEST_PHRASE else ""
    return key in phrases.DELETED or key.startswith(phrases.DELETED_BY_ADMIN)


def _is_notice(body: str, sender: str, own_names: frozenset[str]) -> bool:
    """Whether a marked iOS line is WhatsApp's: in the chat's own name, about its sender, or worded like a notice."""
    text = _MARK.sub("", body).lstrip("~" + SPACES)
    return sender in own_names or (sender != "" and text.startswith(f"{sender} ")) or system.is_notice(text)


def read_system(text: str) -> Reading:
    """A line without a sender."""
    bare = text.lstrip(MARK_CHARACTERS)
    if bare in system.CALL_LINES or system.CALL.match(bare):
        return Reading(bare, "other", "call", None, SYSTEM | CALL)
    return Reading(bare or None, "other", "system", None, SYSTEM)


def is_plain_lines(body: str) -> bool:
    """Whether a body of several lines, without direction marks, can be nothing but text: no mark of WhatsApp's that
    spans lines is without an angle, and the others are told by how the first line ends or by the link in it."""
    first = body[: body.find("\n")]
    return "<" not in body and "://" not in first and first[-1:] not in _FIRST_LINE_ENDS


def read_body(body: str, sender: str, *, ios: bool, marks_expected: bool, own_names: frozenset[str]) -> Reading:
    """What the body says. `own_names`: the names the chat itself speaks under; a notice comes back with SYSTEM set."""
    if not body:
        return Reading(None)
    # The two ways in which nearly all media are written.
    if "-WA" in body and (common := _ANDROID_MEDIA.fullmatch(body)):
        return Reading(common[2] or None, *kind_of_file(common[1]), common[1])
    if "<" in body and (common := _IOS_MEDIA.fullmatch(body)):
        return Reading(None, *kind_of_file(common[1]), common[1])
    reading: Reading | None = None
    if "<" in body:
        angled = _at_the_end(body)
        before = _before_edit_mark(angled) if angled else None
        if before is not None:
            inner = read_body(before, sender, ios=False, marks_expected=True, own_names=own_names)
            return inner._replace(flags=inner.flags | EDITED)
        reading = angled and (_attached_in_angles(angled) or _left_out(angled))
        if reading is None and (first := _in_the_first_line(body)):
            reading = _attached_in_angles(first) or _left_out(first)
        if reading:
            return reading
    if ")" in body or "）" in body:
        reading = _attached_in_brackets(body)
    if reading is None and ("\u200e" in body or "\u200f" in body or not marks_expected):
        reading = _left_out_behind_mark(body, marks_expected=marks_expected)
    marked = body[0] in MARK_CHARACTERS
    if reading is None:
        reading = _said_by_form(body, marked=marked)
    if reading is None and ios and marked and _is_notice(body, sender, own_names):
        reading = read_system(body)
    return reading or Reading(body)
