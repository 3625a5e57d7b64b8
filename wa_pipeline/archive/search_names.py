"""Who and what may be meant by what somebody typed: the people and groups that bear it as a name.

They stand beside the messages found and lead to the filter, as in WhatsApp's own search. Among the messages they would
bury those that hold the words: a busy group, or a person, has thousands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg

from wa_pipeline.archive.db import literal
from wa_pipeline.archive.search_items import GroupRef
from wa_pipeline.archive.search_people import EACH_SENDER, NAME_OF_SENDER
from wa_pipeline.archive.search_terms import Terms

MOST = 5
"""People, and groups, that are offered."""
MOST_WORDS = 6
"""More words than these are taken for a sentence, not for a name and something else."""
LEAST_DIGITS = 4

PEOPLE = f"""
{EACH_SENDER}
select s.sender, n.name, a.phone from s {NAME_OF_SENDER}
left join public.jid_aliases a on a.lid = s.sender
where s.sender is not null
"""
# Each group that has messages once, by jumping along the index rather than reading it.
GROUPS = """
with recursive s(id) as (
  (select group_id from public.messages where group_id is not null order by group_id limit 1)
  union all
  select (select m.group_id from public.messages m where m.group_id > s.id order by m.group_id limit 1)
  from s where s.id is not null
)
select g.id, g.name, array(select n.name from public.group_names n where n.wa_group_id = g.wa_group_id)
from s join public.groups g on g.id = s.id
order by g.last_seen_ts desc nulls last, g.name
"""


@dataclass(frozen=True)
class Person:
    """`sender` is what the filter of that name takes: the name, which finds all addresses of those who bear it, or the
    address of somebody without one. `name` is None there."""

    sender: str
    name: str | None


@dataclass(frozen=True)
class Named:
    """People and groups that bear what was typed, the likeliest first; of one part of it where none bears the whole,
    `rest` being what else to look for."""

    people: list[Person]
    groups: list[GroupRef]
    rest: str = ""


@dataclass(frozen=True)
class Names:
    """Everybody who has written and every group with messages: each with its names, folded, a line feed before and
    after each, people with their numbers too."""

    people: Sequence[tuple[Person, str, str]]
    groups: Sequence[tuple[GroupRef, str]]

    def bearing(self, terms: Terms) -> Named:
        """Who and what bears the words of these terms, or the first or last of them."""
        for words, rest in _readings(" ".join(piece.text for piece in terms.pieces).split()):
            found = self._called(" ".join(words), whole_words=bool(rest))
            if found.people or found.groups:
                return Named(found.people, found.groups, " ".join(rest))
        return Named([], [])

    def _called(self, name: str, *, whole_words: bool) -> Named:
        folded, digits = name.casefold(), _digits(name)
        pattern = re.compile(rf"(?<!\w){re.escape(folded)}" + (r"(?!\w)" if whole_words else ""))

        def rank(names: str) -> int | None:
            if folded not in names:
                return None
            if f"\n{folded}\n" in names:
                return 0
            return 1 if pattern.search(names) else None if whole_words else 2

        people = [(rank(names), at) for at, (_, names, _) in enumerate(self.people)]
        numbered = [(0, at) for at, (_, _, number) in enumerate(self.people) if digits and digits in number]
        groups = [(rank(names), at) for at, (_, names) in enumerate(self.groups)]
        return Named(
            [self.people[at][0] for at in _first([*people, *numbered])], [self.groups[at][0] for at in _first(groups)]
        )


def read_names(conn: psycopg.Connection) -> Names:
    """All the names there are; it takes as long as there are senders, not messages."""
    people: dict[str, Person] = {}
    numbers: dict[Person, str] = {}
    for sender, given, phone in conn.execute(literal(PEOPLE)).fetchall():
        name = given or (sender if "@" not in sender else None)
        if sender:
            person = people.setdefault((name or sender).casefold(), Person(name or sender, name))
            numbers[person] = f"{numbers.get(person, '')} {_number(phone or sender)}"
    groups = [
        (GroupRef(key, name), _folded(name, *former)) for key, name, former in conn.execute(literal(GROUPS)).fetchall()
    ]
    return Names([(each, _folded(each.name or ""), numbers[each]) for each in numbers], groups)


def _folded(*names: str) -> str:
    return "".join(f"\n{name.casefold()}\n" for name in names)


def _readings(words: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Each way to take what was typed as a name and something else: all of it first, then as much of it as can be."""
    if words:
        yield words, []
    if len(words) <= MOST_WORDS:
        for count in range(len(words) - 1, 0, -1):
            yield words[:count], words[count:]
            yield words[-count:], words[:-count]


def _first(ranked: list[tuple[int | None, int]]) -> list[int]:
    """The places of the first few that have a rank, each once."""
    places = [at for _, at in sorted((rank, at) for rank, at in ranked if rank is not None)]
    return list(dict.fromkeys(places))[:MOST]


def _number(sender: str) -> str:
    return re.sub(r"\D", "", sender.partition("@")[0])


def _digits(name: str) -> str | None:
    """What of a phone number was typed; None for anything else."""
    digits = _number(name)
    return digits if len(digits) >= LEAST_DIGITS and re.fullmatch(r"[+\d\s().\u2010-\u2015-]+", name) else None


__all__ = ["Named", "Names", "Person", "read_names"]
