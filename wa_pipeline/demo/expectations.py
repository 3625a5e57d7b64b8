"""What the archive must hold once the sample exports are in it, worked out from the story and never by our parser."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from wa_pipeline.demo.model import Line, Telling
from wa_pipeline.demo.story_allotments import STRANGER

BLOCKED = {STRANGER: "sends offers nobody asked for"}
MIMES = {
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "opus": "audio/ogg",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "vcf": "text/vcard",
}
BROKEN = "harvest_broken.jpg"
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TILDE = re.compile("^~[ \u00a0\u202f]")


@dataclass(frozen=True)
class Hit:
    """A word that a search must find: in which field, and in which file or whose text it is."""

    id: str
    word: str
    field: str
    file: str | None = None


HITS = (
    Hit("voice", "wheelbarrow", "asr_text", "voice_elm.opus"),
    Hit("picture", "trellis", "ocr_text", "invoice.jpg"),
    Hit("pdf", "pollinators", "ocr_text", "rules.pdf"),
    Hit("timetable", "lighthouse", "ocr_text", "timetable.jpg"),
    Hit("dark_mode", "varnish", "ocr_text", "dark_chat.jpg"),
    Hit("tilted_photo", "hedgehogs", "ocr_text", "gate_sign.jpg"),
    Hit("picture_in_two_groups", "cinnamon", "ocr_text", "recipe.jpg"),
    Hit("scanned_pdf", "spectators", "ocr_text", "entry_form.pdf"),
    Hit("docx_german", "Taschenlampe", "ocr_text", "packliste.docx"),
    Hit("voice_iphone", "pancakes", "asr_text", "voice_row.opus"),
    Hit("voice_robins", "robins", "asr_text", "voice_tidy.opus"),
    Hit("voice_german", "geschlafen", "asr_text", "voice_balcony.opus"),
    Hit("voice_german_train", "halbe Stunde", "asr_text", "voice_train.opus"),
    Hit("video", "blanket", "asr_text", "crew.mp4"),
    Hit("hebrew", "מתגעגעת", "text"),
    Hit("german", "Führerscheinprüfung", "text"),
    Hit("emoji", "🥶", "text"),
)


def clean_name(who: str) -> str:
    """A sender without direction marks and without the tilde of names that are not in the address book."""
    return _TILDE.sub("", _INVISIBLE.sub("", who))


def expected_archive(
    tellings: Sequence[Telling],
    zips: Mapping[str, bytes],
    members: Mapping[str, Mapping[str, str]],
    files: Mapping[str, bytes],
) -> dict[str, object]:
    """The whole of expected.json.

    `tellings` in import order; `zips` each export's bytes by file name; `members` by file name, then by line uid the
    attachment's name in that zip; `files` the workshop's.
    """
    seen: dict[str, Line] = {}
    exports = []
    for telling in tellings:
        exports.append(_export(telling, zips[telling.file], members[telling.file], seen))
        seen.update({line.uid: line for line in telling.lines})
    # The same message differs between exports only by an edit or a deletion; its first telling has its time and file.
    first = {line.uid: (telling, line) for telling in reversed(tellings) for line in telling.lines}
    kept = {uid: pair for uid, pair in first.items() if not _is_blocked(pair[1])}
    return {
        "block_senders": [{"sender": sender, "reason": reason} for sender, reason in BLOCKED.items()],
        "exports": exports,
        "archive": _archive(tellings, kept, files),
        "again": {"inserted": 0, "media_added": 0},
        "hits": [_hit(hit, kept, files) for hit in HITS],
    }


def _is_blocked(line: Line) -> bool:
    return line.who is not None and clean_name(line.who) in BLOCKED


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _export(telling: Telling, data: bytes, members: Mapping[str, str], seen: Mapping[str, Line]) -> dict[str, object]:
    lines = telling.lines
    fresh = [line for line in lines if line.uid not in seen]
    again = [line for line in lines if line.uid in seen and not _is_blocked(line)]
    system = [line for line in lines if line.who is None]
    senders = sorted({clean_name(line.who) for line in lines if line.who is not None})
    return {
        "file": telling.file,
        "sha256": hashlib.sha256(data).hexdigest(),
        "layout": telling.layout,
        "chat": telling.chat.title,
        "tz": telling.chat.zone.key,
        "date_order": telling.date_order,
        "precision": "second" if telling.precise else "minute",
        "messages": len(lines),
        "system": len(system),
        "senders": len(senders),
        "sender_names": senders,
        "first_ts": _stamp(telling.instant(lines[0])),
        "last_ts": _stamp(telling.instant(lines[-1])),
        "kinds": dict(sorted(Counter(line.kind for line in lines).items())),
        "media": sum(line.file is not None and not _is_blocked(line) for line in lines),
        "attachments": sorted(members.values()),
        "omitted": sum(line.special == "omitted" for line in lines),
        "edited": sum(line.special == "edited" for line in lines),
        "deleted": sum(line.special == "deleted" for line in lines),
        "renames": [list(line.renamed) for line in lines if line.renamed],
        "blocked": sum(_is_blocked(line) for line in lines),
        "inserted": sum(not _is_blocked(line) for line in fresh),
        "seen_before": len(again),
        "edited_since": sum(_became(line, seen, "edited") for line in again),
        "deleted_since": sum(_became(line, seen, "deleted") for line in again),
    }


def _became(line: Line, seen: Mapping[str, Line], special: str) -> bool:
    return line.special == special and seen[line.uid].special != special


def _archive(
    tellings: Sequence[Telling], kept: Mapping[str, tuple[Telling, Line]], files: Mapping[str, bytes]
) -> dict[str, object]:
    used = Counter(line.file for _, line in kept.values() if line.file)
    never = {line.file for telling in tellings for line in telling.lines if line.file} - set(used)
    media = {
        _digest(files[name]): {
            "name": name,
            "mime": MIMES[name.rpartition(".")[2]],
            "bytes": len(files[name]),
            "messages": count,
        }
        for name, count in sorted(used.items())
    }
    return {
        "messages": len(kept),
        "kinds": dict(sorted(Counter(line.kind for _, line in kept.values()).items())),
        "chats": dict(Counter(telling.chat.title for telling, _ in kept.values())),
        "blocked_rows_in_all_exports": sum(_is_blocked(line) for telling in tellings for line in telling.lines),
        "media": len(media),
        "media_sha256": media,
        "never_stored": sorted(_digest(files[name]) for name in never if name),
        "unreadable": [_digest(files[BROKEN])],
    }


def _hit(hit: Hit, kept: Mapping[str, tuple[Telling, Line]], files: Mapping[str, bytes]) -> dict[str, object]:
    if hit.file is not None:
        found = [pair for pair in kept.values() if pair[1].file == hit.file]
    else:
        found = [pair for pair in kept.values() if hit.word in (pair[1].text or "")]
    if not found:
        raise ValueError(f"{hit.word} is nowhere in the story")
    others = [line.uid for _, line in kept.values() if hit.file and hit.word.casefold() in (line.text or "").casefold()]
    if others:
        raise ValueError(f"{hit.word} should be heard or seen only, but is also written in {others}")
    return {
        "id": hit.id,
        "word": hit.word,
        "field": hit.field,
        "file": hit.file,
        "sha256": _digest(files[hit.file]) if hit.file else None,
        "messages": [
            {
                "chat": telling.chat.title,
                "sender": clean_name(line.who or ""),
                "ts": _stamp(telling.instant(line)),
                "kind": line.kind,
                "text": line.text,
            }
            for telling, line in sorted(found, key=lambda pair: pair[0].instant(pair[1]))
        ],
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
