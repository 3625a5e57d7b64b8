"""Recognising a message that changed between two exports of one chat.

An export has no ids, so a message that was edited or deleted since, or whose media was left out of one export, gets an
identity of its own in each. Within one sender's minute, the messages both exports agree on are anchors; between two
anchors, what only the archive has stands against what only the export has. One changed message on each side is a
pair. Several are not told apart: they are reported, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

ANDROID_NAME = re.compile(r"-WA\d+\.\w+$")


@dataclass(frozen=True)
class Stored:
    """A message of the archive: its place in its own export, the texts it has had, its marks."""

    id: str
    seq: int
    text: str | None
    versions: frozenset[str]
    edited: bool
    deleted: bool
    omitted: bool
    attachment: str | None
    matched: bool


@dataclass(frozen=True)
class Incoming:
    """A message of the export being read. `wa_msg_id` equals a stored one's id where `matched`."""

    wa_msg_id: str
    seq: int
    text: str | None
    edited: bool
    deleted: bool
    omitted: bool
    attachment: str | None
    matched: bool


class Change(Enum):
    """What a pair means for the stored message."""

    SAME = "same"
    EDITED = "edited"
    DELETED = "deleted"
    ORIGINAL_OF_EDITED = "original_of_edited"
    ORIGINAL_OF_DELETED = "original_of_deleted"
    MEDIA_FOUND = "media_found"


@dataclass(frozen=True)
class Pair:
    stored: Stored
    incoming: Incoming
    change: Change


@dataclass(frozen=True)
class Alignment:
    """Pairs found, and how many changed messages could not be told apart (they count as messages of their own)."""

    pairs: list[Pair]
    ambiguous: int


def align(stored: Sequence[Stored], incoming: Sequence[Incoming], matches: dict[str, str]) -> Alignment:
    """Pair one sender's minute of the archive with the same of an export.

    `matches` maps the wa_msg_id of each matched incoming message to the id of its stored twin. Everything unpaired
    is a message of its own.
    """
    pairs: list[Pair] = []
    ambiguous = 0
    for gone, fresh in _gaps(stored, incoming, matches):
        gone, fresh = _pair_known(gone, fresh, pairs)
        gone, fresh = _pair_media(gone, fresh, pairs)
        candidates = [(old, new, change) for old in gone for new in fresh if (change := _change(old, new))]
        if len(candidates) == 1:
            pairs.append(Pair(*candidates[0]))
        elif candidates:
            ambiguous += len({new.wa_msg_id for _, new, _ in candidates})
    return Alignment(pairs, ambiguous)


def _gaps(
    stored: Sequence[Stored], incoming: Sequence[Incoming], matches: dict[str, str]
) -> Iterator[tuple[list[Stored], list[Incoming]]]:
    """What is unmatched on both sides between two neighbouring anchors."""
    order = {message.id: place for place, message in enumerate(sorted(stored, key=lambda m: m.seq))}
    anchors = sorted(order[matches[m.wa_msg_id]] for m in incoming if m.matched and matches[m.wa_msg_id] in order)

    def gap_of_place(place: int) -> int:
        return sum(anchor < place for anchor in anchors)

    gone: dict[int, list[Stored]] = {}
    for message in sorted(stored, key=lambda m: m.seq):
        if not message.matched:
            gone.setdefault(gap_of_place(order[message.id]), []).append(message)
    passed = 0
    fresh: dict[int, list[Incoming]] = {}
    for message_in in sorted(incoming, key=lambda m: m.seq):
        if message_in.matched:
            passed += matches[message_in.wa_msg_id] in order
        else:
            fresh.setdefault(passed, []).append(message_in)
    for gap in sorted(gone.keys() & fresh.keys()):
        yield gone[gap], fresh[gap]


def _pair_known(gone: list[Stored], fresh: list[Incoming], pairs: list[Pair]) -> tuple[list[Stored], list[Incoming]]:
    """Pair what an earlier import already recognised: the incoming text is the stored one's, now or once."""
    for new in list(fresh):
        for old in gone:
            known = new.deleted and old.deleted
            known = known or (
                new.text is not None
                and (new.text == old.text or new.text in old.versions)
                and ((old.edited or old.deleted) and new.attachment == old.attachment)
            )
            if known:
                pairs.append(Pair(old, new, Change.SAME))
                gone = [m for m in gone if m is not old]
                fresh = [m for m in fresh if m is not new]
                break
    return gone, fresh


def _pair_media(gone: list[Stored], fresh: list[Incoming], pairs: list[Pair]) -> tuple[list[Stored], list[Incoming]]:
    """Pair media left out of one export with the same media in the other, in order, caption by caption."""

    def caption(message: Stored | Incoming) -> str:
        return message.text or ""

    def is_media(message: Stored | Incoming) -> bool:
        return (message.omitted or message.attachment is not None) and not message.deleted

    stored_by_caption = {
        key: list(group) for key, group in groupby(sorted(filter(is_media, gone), key=caption), key=caption)
    }
    paired: list[Pair] = []
    for new in filter(is_media, fresh):
        old = next(
            (m for m in stored_by_caption.get(caption(new), []) if _same_media(m, new)),
            None,
        )
        if old is not None:
            stored_by_caption[caption(new)].remove(old)
            paired.append(Pair(old, new, Change.MEDIA_FOUND if old.omitted and new.attachment else Change.SAME))
    pairs.extend(paired)
    taken = {id(pair.stored) for pair in paired} | {id(pair.incoming) for pair in paired}
    return [m for m in gone if id(m) not in taken], [m for m in fresh if id(m) not in taken]


def _same_media(old: Stored, new: Incoming) -> bool:
    """One of them left out, or both there under the names an iPhone and an Android phone give the same file."""
    if old.omitted or new.omitted:
        return True
    names = (old.attachment or "", new.attachment or "")
    android = [ANDROID_NAME.search(name) is not None for name in names]
    extensions = {name.rpartition(".")[2].lower() for name in names}
    return android[0] != android[1] and len(extensions) == 1


def _change(old: Stored, new: Incoming) -> Change | None:
    if new.deleted:
        return Change.DELETED
    if old.deleted:
        return Change.ORIGINAL_OF_DELETED
    if new.edited:
        return Change.EDITED
    if old.edited:
        return Change.ORIGINAL_OF_EDITED
    return None
