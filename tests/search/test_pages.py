"""Pages joined by their cursors are the whole list, once, in order; a cursor is taken back only as it was given."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.search.conftest import NOON, Archive, Way
from wa_pipeline.archive.cursor import Position, decode, encode
from wa_pipeline.archive.search import BadCursor, SearchQuery, search


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.sampled_from("xyz"), st.booleans()), max_size=30),
    limit=st.integers(1, 9),
    term=st.sampled_from([None, "tomato", "tomato x", "x", "🎉"]),
)
def test_pages_are_the_whole_list_ties_in_time_included(
    archive: Archive, short_steps: Way, rows: list[tuple[int, str, bool]], limit: int, term: str | None
) -> None:
    archive.clear()
    written = [
        (NOON + timedelta(minutes=minute), archive.say(f"tomato {word}", asr="🎉" if party else None, minutes=minute))
        for minute, word, party in rows
    ]
    held = {item.id for item in archive.find(term, limit=500)}
    if term:
        assert held == set(archive.look_at_all(term))
    expected = [key for _, key in sorted(written, key=lambda row: (row[0], row[1].int), reverse=True) if key in held]
    assert [item.id for item in archive.find_all(SearchQuery(term, limit=limit))] == expected


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    minutes=st.lists(st.integers(0, 5), min_size=1, max_size=20),
    limit=st.integers(1, 6),
    term=st.sampled_from([None, "tomato", "🎉"]),
)
def test_the_way_back_shows_the_same_messages_in_the_same_order(
    archive: Archive, short_steps: Way, minutes: list[int], limit: int, term: str | None
) -> None:
    archive.clear()
    for minute in minutes:
        archive.say("tomato 🎉", minutes=minute)
    everything = [item.id for item in archive.find(term, limit=500)]
    page = search(archive.conn, SearchQuery(term, limit=limit))
    assert page.prev_cursor is None
    while page.next_cursor:
        page = search(archive.conn, SearchQuery(term, limit=limit, cursor=page.next_cursor))
    back = [item.id for item in page.items]
    while page.prev_cursor:
        page = search(archive.conn, SearchQuery(term, limit=limit, cursor=page.prev_cursor))
        back = [item.id for item in page.items] + back
    assert back == everything


def test_a_message_that_arrives_between_pages_neither_repeats_nor_hides_another(
    archive: Archive, short_steps: Way
) -> None:
    keys = [archive.say(f"tomato {number}") for number in range(8)]
    first = search(archive.conn, SearchQuery("tomato", limit=3))
    archive.say("tomato of now", minutes=99)
    rest = archive.find_all(SearchQuery("tomato", limit=3, cursor=first.next_cursor))
    assert [item.id for item in [*first.items, *rest]] == keys[::-1]


def test_the_last_page_has_no_cursor_even_when_it_is_full(archive: Archive) -> None:
    for _ in range(4):
        archive.say("tomato")
    page = search(archive.conn, SearchQuery("tomato", limit=4))
    assert len(page.items) == 4
    assert page.next_cursor is None


moments = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=100)
@given(ts=moments, key=st.uuids())
def test_a_cursor_gives_back_its_place(ts: datetime, key: UUID) -> None:
    assert decode(encode(Position(ts, key))) == Position(ts, key)


@settings(max_examples=60)
@given(data=st.data(), ts=moments, key=st.uuids())
def test_an_altered_cursor_is_refused(data: st.DataObject, ts: datetime, key: UUID) -> None:
    cursor = encode(Position(ts, key))
    at = data.draw(st.integers(0, len(cursor) - 1))
    sign = data.draw(st.sampled_from("Aa0-_=!é \n"))
    for altered in (
        cursor[:at] + sign + cursor[at + 1 :],
        cursor[:at] + cursor[at + 1 :],
        cursor[:at] + sign + cursor[at:],
    ):
        if altered != cursor:
            with pytest.raises(BadCursor):
                decode(altered)


@pytest.mark.parametrize(
    "cursor",
    ["x", "nonsense", "é", "=", "A" * 38, "A" * 10_000, "\ud800", base64.urlsafe_b64encode(b"\x7f" * 28).decode(),
     base64.urlsafe_b64encode(b'["2024-03-01T12:00:00+00:00", "not an id"]').decode()],
)  # fmt: skip
def test_what_never_was_a_cursor_is_refused_by_the_search(archive: Archive, cursor: str) -> None:
    with pytest.raises(BadCursor, match="not one that this search gave"):
        archive.find("tomato", cursor=cursor)
