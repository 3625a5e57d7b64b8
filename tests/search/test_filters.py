"""Filters narrow a search, alone and together, with a term and without one."""

from __future__ import annotations

from datetime import timedelta, timezone
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from tests.search.conftest import NOON, Archive, Steps, Way
from wa_pipeline.archive.search import BadQuery, MessageItem, SearchQuery

SENDERS, KINDS, CHATS, GROUPS = ("ann", "bob"), ("text", "image", "audio"), ("a@g.us", "b@g.us"), ("Rowing", None)
SINCE, UNTIL = NOON + timedelta(minutes=20), NOON + timedelta(minutes=90)


def keeps(item: MessageItem, filters: dict[str, Any]) -> bool:
    """Whether the filters let the message through, as plain Python sees it."""
    values = {
        "chat_id": item.chat_id,
        "sender": item.sender,
        "kind": item.kind,
        "group_id": item.group.id if item.group else None,
    }
    return (
        all(values[name] == wanted for name, wanted in filters.items() if name in values)
        and ("since" not in filters or item.ts >= SINCE)
        and ("until" not in filters or item.ts < UNTIL)
    )


@pytest.mark.parametrize(("first", "way"), [(1_000, "rest"), (2, "walk"), (2, "stretch")])
def test_every_combination_keeps_exactly_what_it_says(archive: Archive, set_steps: Steps, first: int, way: Way) -> None:
    set_steps(first, way)
    for number in range(120):
        archive.say(
            None if number % 4 == 1 else f"note {number} {'tomato' if number % 3 else 'bread'} 🎉",
            ocr="tomato soup" if number % 5 == 0 else None,
            sender=SENDERS[number % 2],
            kind=KINDS[number % 3],
            chat=CHATS[number // 7 % 2],
            group=GROUPS[number // 11 % 2],
        )
    values: dict[str, Any] = {
        "chat_id": "a@g.us", "group_id": archive.group("Rowing"), "sender": "bob", "kind": "image",
        "since": SINCE, "until": UNTIL,
    }  # fmt: skip
    for term in (None, "tomato", "tomato s", "🎉", "absent"):
        everything = archive.find(term, limit=500)
        for count in range(len(values) + 1):
            for names in combinations(values, count):
                filters = {name: values[name] for name in names}
                expected = [item.id for item in everything if keeps(item, filters)]
                found = archive.find_all(SearchQuery(term, **filters, limit=13))
                assert [item.id for item in found] == expected, (term, names)


def test_since_is_inclusive_and_until_exclusive(archive: Archive) -> None:
    keys = [archive.say("tomato", at=NOON + timedelta(microseconds=number)) for number in (-1, 0, 1)]
    assert ids(archive.find("tomato", since=NOON)) == [keys[2], keys[1]]
    assert ids(archive.find("tomato", until=NOON)) == [keys[0]]
    assert ids(archive.find(since=NOON, until=NOON + timedelta(microseconds=1))) == [keys[1]]
    assert archive.find(since=NOON, until=NOON) == []


def test_a_time_of_another_zone_is_the_same_moment(archive: Archive) -> None:
    key = archive.say("tomato", at=NOON)
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    assert ids(archive.find(since=tokyo, until=tokyo + timedelta(seconds=1))) == [key]


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_time_without_a_zone_is_refused(archive: Archive, name: str) -> None:
    asked: dict[str, Any] = {name: NOON.replace(tzinfo=None)}
    with pytest.raises(BadQuery, match="time zone"):
        archive.find(**asked)


def test_a_filters_value_is_no_pattern(archive: Archive) -> None:
    archive.say("tomato", sender="ann", chat="a@g.us")
    assert archive.find("tomato", sender="a%") == []
    assert archive.find("tomato", chat_id="_@g.us") == []
    assert archive.find("tomato", sender="ANN") == []


def ids(items: list[MessageItem]) -> list[UUID]:
    return [item.id for item in items]
