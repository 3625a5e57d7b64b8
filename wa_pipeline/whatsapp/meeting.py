"""Which message of a chat export and which live message are the same one.

An export names people as its owner's phone does and knows the minute; a live message has a JID, an id and the second.
The same message is of the same minute, words and person. Who a name is, is known by its number, by the name the person
gives themselves, or learnt: where words that occur once in a minute on either side are the same, so are their senders.
A name that could be several people is left alone.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from wa_pipeline.whatsapp.identity import normalise_sender, normalise_text

Slot = Literal["id", "edited_id", "deleted_id", "omitted_id"]
TELLING: Final = 8
"""Characters words must have to say who somebody is; “ok” does not."""
_MENTION: Final = re.compile("@\u2068[^\u2069]*\u2069|@\\d{5,}")


@dataclass(frozen=True)
class Exported:
    """A row of an export. `texts`: the one it has and those it had; `order`: its place among equal ones."""

    id: str
    minute: int
    sender: str
    texts: frozenset[str]
    order: tuple[int, str]
    media: bool = False
    sha256: str | None = None
    edited: bool = False
    deleted: bool = False
    omitted: bool = False

    @property
    def slot(self) -> Slot:
        """What it can be to a live message. Exports of different days give one message an id for each of its states."""
        return "deleted_id" if self.deleted else "edited_id" if self.edited else "omitted_id" if self.omitted else "id"


@dataclass(frozen=True)
class Live:
    """A live row. `name`: what its sender calls themselves; `taken`: what exports have been found to be of it."""

    id: str
    minute: int
    sender: str
    texts: frozenset[str]
    order: tuple[float, str]
    media: bool = False
    sha256: str | None = None
    edited: bool = False
    deleted: bool = False
    name: str | None = None
    taken: frozenset[str] = field(default_factory=frozenset)


class Pair(NamedTuple):
    live: Live
    exported: Exported


class Meeting(NamedTuple):
    """Pairs; `people` learnt on the way, JIDs by name; `unsure`: rows whose words are there, of somebody who may be
    another."""

    pairs: list[Pair]
    people: dict[str, str]
    unsure: int


def text_key(text: str | None) -> str:
    """The words for comparison: a mention is a name in an export and a number live."""
    return normalise_text(_MENTION.sub("@", text)) if text else ""


def meet(live: Sequence[Live], exported: Sequence[Exported], known: Mapping[str, str]) -> Meeting:
    """Pair what is the same. `known`: JIDs by name (`normalise_sender`), from what has been paired before."""
    by_minute: dict[int, list[Live]] = defaultdict(list)
    for message in sorted(live, key=lambda m: m.order):
        by_minute[message.minute].append(message)
    learnt, disputed = _learn(by_minute, exported, known)
    people = {**known, **learnt}
    taken: set[tuple[str, Slot]] = set()
    pairs: list[Pair] = []
    unsure = 0
    for row in sorted(exported, key=lambda m: (m.minute, m.order)):
        there = [m for m in by_minute[row.minute] if row.slot not in m.taken and (m.id, row.slot) not in taken]
        same = [m for m in there if _same_words(m, row)]
        mine = [m for m in same if _same_person(m, row.sender, people)]
        if mine:
            best = min(mine, key=lambda m: (not (row.sha256 and m.sha256 == row.sha256), m.order))
            taken.add((best.id, row.slot))
            pairs.append(Pair(best, row))
        elif same and normalise_sender(row.sender) in disputed:
            unsure += 1
    return Meeting(pairs, learnt, unsure)


def _same_words(live: Live, row: Exported) -> bool:
    if row.deleted:
        return live.deleted
    if live.media != row.media or (row.edited and not live.edited):
        return False
    if row.sha256 and live.sha256 and row.sha256 != live.sha256:
        return False
    return bool(live.texts & row.texts) or (live.media and not live.texts and not row.texts)


def _same_person(live: Live, sender: str, people: Mapping[str, str]) -> bool:
    name = normalise_sender(sender)
    if name.startswith("+"):
        return live.sender.partition("@")[0] == name[1:]
    return live.sender == sender or people.get(name) == live.sender or name == normalise_sender(live.name)


def _learn(
    by_minute: Mapping[int, Sequence[Live]], exported: Iterable[Exported], known: Mapping[str, str]
) -> tuple[dict[str, str], set[str]]:
    """JIDs by name, of names and JIDs that nothing else is known of; and the names that could be several people."""
    rows: dict[tuple[int, str], list[Exported]] = defaultdict(list)
    for row in exported:
        for text in row.texts:
            if len(text) >= TELLING:
                rows[row.minute, text].append(row)
    votes: Counter[tuple[str, str]] = Counter()
    for (minute, text), found in rows.items():
        theirs = [m for m in by_minute.get(minute, ()) if text in m.texts]
        if len(found) == 1 and len(theirs) == 1:
            votes[normalise_sender(found[0].sender), theirs[0].sender] += 1
    names, jids = Counter(name for name, _ in votes), Counter(jid for _, jid in votes)
    disputed = {name for name, jid in votes if names[name] > 1 or jids[jid] > 1}
    taken = set(known.values())
    learnt = {
        name: jid
        for name, jid in votes
        if name and not name.startswith("+") and name not in disputed and name not in known and jid not in taken
    }
    return learnt, disputed | {name for name, jid in votes if known.get(name, jid) != jid}
