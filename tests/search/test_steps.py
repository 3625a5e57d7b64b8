"""Which steps a search takes, as its plans show, and that its speed does not wear off."""

from __future__ import annotations

import time

import pytest

from bench.make_corpus import Corpus, fill
from tests.search.conftest import Archive
from wa_pipeline.archive import search as searching
from wa_pipeline.archive.db import connect
from wa_pipeline.archive.search import SearchQuery, explain, search


def steps(archive: Archive, query: SearchQuery) -> list[str]:
    return [plan.partition("\n")[0] for plan in explain(archive.conn, query)]


@pytest.fixture
def patched(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setattr(searching, "WALKS", (10, 40))
    return archive


def test_a_common_term_ends_in_the_first_walk(patched: Archive) -> None:
    for _ in range(200):
        patched.say("tomato")
    assert steps(patched, SearchQuery("tomato", limit=5)) == ["-- boundary of 10", "-- walk"]


def test_a_middling_term_is_walked_on(patched: Archive) -> None:
    for number in range(200):
        patched.say("tomato" if number % 4 == 0 else "bread")
    assert steps(patched, SearchQuery("tomato", limit=5)) == [
        "-- boundary of 10", "-- walk", "-- boundary of 40", "-- walk",
    ]  # fmt: skip


def test_a_rare_term_is_asked_of_the_indexes_at_once(patched: Archive) -> None:
    key = patched.say("parsnip")
    for _ in range(200):
        patched.say("bread")
    assert steps(patched, SearchQuery("parsnip", limit=5)) == ["-- boundary of 10", "-- walk", "-- indexes"]
    assert [item.id for item in patched.find("parsnip")] == [key]


def test_a_term_without_trigrams_is_walked_to_the_end_of_the_walks(patched: Archive) -> None:
    for _ in range(200):
        patched.say("bread")
    for term in ("🦔", "麒麟", "zq", "🎉🎉🎉"):
        assert steps(patched, SearchQuery(term, limit=5))[-3:] == ["-- boundary of 40", "-- walk", "-- indexes"], term


def test_fewer_rows_than_a_walk_need_no_index(patched: Archive) -> None:
    for number in range(60):
        patched.say("bread", chat="a@g.us" if number < 5 else "b@g.us")
    assert steps(patched, SearchQuery("parsnip", chat_id="a@g.us")) == ["-- boundary of 10", "-- walk"]


def test_hits_on_either_side_of_a_boundary_are_given_once_and_in_order(patched: Archive) -> None:
    keys = [patched.say("tomato", minutes=7) for _ in range(60)]
    for limit in (1, 9, 10, 11, 49, 50, 51, 60, 100):
        found = patched.find("tomato", limit=limit)
        assert [item.id for item in found] == sorted(keys, key=lambda key: key.int, reverse=True)[:limit]


@pytest.fixture
def filled(database_url: str) -> tuple[str, Corpus]:
    return database_url, fill(database_url, messages=20_000, media=2_000)


def test_twenty_searches_on_one_connection_stay_quick_and_unprepared(filled: tuple[str, Corpus]) -> None:
    """A statement prepared by the driver would be planned for any term from its sixth use on."""
    url, corpus = filled
    with connect(url) as conn:
        # As a caller's own connection might be set.
        conn.prepare_threshold = 0
        took = []
        for _ in range(20):
            for term, count in corpus.planted.items():
                began = time.perf_counter()
                assert len(search(conn, SearchQuery(term)).items) == count
                took.append(time.perf_counter() - began)
        prepared = conn.execute("select count(*) from pg_prepared_statements", prepare=False).fetchone()
    assert prepared == (0,)
    half = len(took) // 2
    assert sum(took[half:]) < 3 * sum(took[:half])


def test_rare_terms_of_three_characters_are_found_through_the_trigram_indexes(filled: tuple[str, Corpus]) -> None:
    url, corpus = filled
    with connect(url) as conn:
        for term in (*corpus.terms["rare"], *corpus.terms["hebrew_rare"], *corpus.terms["arabic_rare"]):
            plan = explain(conn, SearchQuery(term))[-1]
            assert plan.startswith("-- indexes")
            assert {"messages_text_trgm", "media_ocr_trgm", "media_asr_trgm"} <= set(plan.replace("(", " ").split())
            assert "Seq Scan on messages" not in plan
            assert "Seq Scan on media" not in plan
