"""Which steps a search takes, as its own plans show."""

from __future__ import annotations

import pytest

from tests.search.conftest import Archive, Way
from wa_pipeline.archive import search_steps
from wa_pipeline.archive.search import SearchQuery, explain
from wa_pipeline.archive.search_sql import Matching
from wa_pipeline.archive.search_terms import Mode, parse


def steps(archive: Archive, query: SearchQuery) -> list[str]:
    """Without the first, which opens every search, and the last, which fetches what was found."""
    return [plan.partition("\n")[0] for plan in explain(archive.conn, query) if "-- whole rows" not in plan][1:]


@pytest.fixture
def short(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """A hundredth of the rows that are walked first, of what is asked at once, and of pages in the sample."""
    monkeypatch.setattr(search_steps, "FIRST_WALK", 10)
    monkeypatch.setattr(search_steps, "WORTH", 100)
    return archive


def test_a_common_term_ends_in_the_first_walk(short: Archive) -> None:
    for _ in range(200):
        short.say("tomato")
    assert steps(short, SearchQuery("tomato", limit=5)) == ["-- walk of 10"]


def test_a_term_that_the_newest_rows_hold_is_walked_on_as_far_as_they_promise(short: Archive) -> None:
    for number in range(400):
        short.say("tomato" if number % 5 == 0 else "bread")
    assert steps(short, SearchQuery("tomato", limit=5)) == ["-- walk of 10", "-- sample", "-- walk of 31"]


def test_a_rare_term_is_asked_of_the_indexes_at_once(short: Archive) -> None:
    key = short.say("parsnip")
    for _ in range(200):
        short.say("bread")
    assert steps(short, SearchQuery("parsnip", limit=5)) == ["-- walk of 10", "-- sample", "-- indexes"]
    assert [item.id for item in short.find("parsnip")] == [key]


def test_a_common_term_that_the_newest_rows_lack_is_walked_to(short: Archive) -> None:
    keys = [short.say("tomato") for _ in range(400)]
    for _ in range(60):
        short.say("bread")
    assert steps(short, SearchQuery("tomato", limit=5)) == ["-- walk of 10", "-- sample", "-- walk of 80"]
    assert [item.id for item in short.find("tomato", limit=5)] == keys[:-6:-1]


def test_a_middling_term_that_the_newest_rows_lack_is_asked_for_a_stretch(short: Archive) -> None:
    keys = [short.say("tomato" if number % 10 == 0 else "bread") for number in range(2_000)]
    for _ in range(30):
        short.say("bread")
    assert steps(short, SearchQuery("tomato", limit=1)) == ["-- walk of 10", "-- sample", "-- stretch"]
    assert [item.id for item in short.find("tomato", limit=1)] == [keys[1_990]]


def test_no_stretch_is_asked_for_under_a_filter(short: Archive) -> None:
    keys = [short.say("tomato" if number % 20 == 0 else "bread") for number in range(2_000)]
    for _ in range(60):
        short.say("bread")
    taken = steps(short, SearchQuery("tomato", limit=2, chat_id="garden@g.us"))
    assert taken == ["-- walk of 10", "-- sample", "-- indexes"]
    assert [item.id for item in short.find("tomato", limit=2, chat_id="garden@g.us")] == [keys[1_980], keys[1_960]]


@pytest.mark.parametrize(
    "typed", ["parsnip", '"the shed"', "the shed", "shed x", "x", "🎉 party", "don't go", "番茄 tomato"]
)
@pytest.mark.parametrize("mode", ["substring", "words", "typo"])
def test_one_kind_of_index_is_asked_since_two_would_check_every_row_for_both(typed: str, mode: Mode) -> None:
    asked = Matching(parse(typed, mode)).asked("s.norm")
    assert asked
    assert ("search_grams" in asked) != (" like " in asked or "<%%" in asked)


def test_fewer_rows_than_a_walk_need_no_index(short: Archive) -> None:
    for number in range(60):
        short.say("bread", chat="a@g.us" if number < 5 else "b@g.us")
    assert steps(short, SearchQuery("parsnip", chat_id="a@g.us")) == ["-- walk of 10"]


def test_hits_on_either_side_of_a_boundary_are_given_once_and_in_order(archive: Archive, short_steps: Way) -> None:
    keys = [archive.say("tomato", minutes=7) for _ in range(60)]
    for limit in (1, 9, 10, 11, 49, 50, 51, 60, 100):
        found = archive.find("tomato", limit=limit)
        assert [item.id for item in found] == sorted(keys, key=lambda key: key.int, reverse=True)[:limit]


def test_three_signs_around_a_space_are_looked_up_as_one(archive: Archive) -> None:
    """By twos, two common words in a row would be looked for wherever either ends and the other begins."""
    told = archive.conn.execute("select public.search_grams('b c x') @> public.search_wanted('b x')").fetchone()
    assert told == (False,)
