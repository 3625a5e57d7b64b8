"""Which steps a search takes, as its own plans show."""

from __future__ import annotations

import pytest

from tests.search.conftest import Archive, Walks
from wa_pipeline.archive.search import SearchQuery, explain
from wa_pipeline.archive.search_sql import Matching
from wa_pipeline.archive.search_terms import Mode, parse


def steps(archive: Archive, query: SearchQuery) -> list[str]:
    """Without the first, which opens every search, and the last, which fetches what was found."""
    return [plan.partition("\n")[0] for plan in explain(archive.conn, query) if "-- whole rows" not in plan][1:]


@pytest.fixture
def patched(archive: Archive, set_walks: Walks) -> Archive:
    set_walks(10, 100)
    return archive


def test_a_common_term_ends_in_the_first_walk(patched: Archive) -> None:
    for _ in range(200):
        patched.say("tomato")
    assert steps(patched, SearchQuery("tomato", limit=5)) == ["-- walk of 10"]


def test_a_middling_term_is_walked_on_as_far_as_it_promises(patched: Archive) -> None:
    for number in range(200):
        patched.say("tomato" if number % 5 == 0 else "bread")
    assert steps(patched, SearchQuery("tomato", limit=5)) == [
        "-- walk of 10", "-- walk of 31",
    ]  # fmt: skip
    # A page that would take more than the longest walk.
    assert steps(patched, SearchQuery("tomato", limit=30)) == ["-- walk of 10", "-- indexes"]


def test_a_rare_term_is_asked_of_the_indexes_at_once(patched: Archive) -> None:
    key = patched.say("parsnip")
    for _ in range(200):
        patched.say("bread")
    assert steps(patched, SearchQuery("parsnip", limit=5)) == ["-- walk of 10", "-- indexes"]
    assert [item.id for item in patched.find("parsnip")] == [key]


@pytest.mark.parametrize(
    "typed", ["parsnip", '"the shed"', "the shed", "shed x", "x", "🎉 party", "don't go", "番茄 tomato"]
)
@pytest.mark.parametrize("mode", ["substring", "words", "typo"])
def test_one_kind_of_index_is_asked_since_two_would_check_every_row_for_both(typed: str, mode: Mode) -> None:
    asked = Matching(parse(typed, mode)).asked("s.norm")
    assert asked
    assert ("search_grams" in asked) != (" like " in asked or "<%%" in asked)


def test_a_common_term_that_the_newest_rows_lack_is_walked_to(patched: Archive) -> None:
    keys = [patched.say("tomato") for _ in range(400)]
    patched.conn.execute("analyze public.message_search")
    for _ in range(90):
        patched.say("bread")
    assert steps(patched, SearchQuery("tomato", limit=5)) == ["-- walk of 10", "-- walk of 30", "-- walk of 120"]
    assert [item.id for item in patched.find("tomato", limit=5)] == keys[:-6:-1]


def test_fewer_rows_than_a_walk_need_no_index(patched: Archive) -> None:
    for number in range(60):
        patched.say("bread", chat="a@g.us" if number < 5 else "b@g.us")
    assert steps(patched, SearchQuery("parsnip", chat_id="a@g.us")) == ["-- walk of 10"]


def test_hits_on_either_side_of_a_boundary_are_given_once_and_in_order(patched: Archive) -> None:
    keys = [patched.say("tomato", minutes=7) for _ in range(60)]
    for limit in (1, 9, 10, 11, 49, 50, 51, 60, 100):
        found = patched.find("tomato", limit=limit)
        assert [item.id for item in found] == sorted(keys, key=lambda key: key.int, reverse=True)[:limit]
