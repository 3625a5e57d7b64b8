"""In a larger archive: the indexes are used, and the speed of a connection's searches does not wear off."""

from __future__ import annotations

import time
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from bench.make_corpus import Corpus, fill
from tests.search.conftest import Steps
from wa_pipeline.archive.db import connect
from wa_pipeline.archive.search import SearchQuery, explain, search, warm
from wa_pipeline.archive.search_index import fill_batch


@pytest.fixture(scope="module")
def filled(module_database: str) -> Corpus:
    return fill(module_database, messages=12_000, media=4_000)


def fill_index(url: str) -> None:
    with connect(url, autocommit=True) as conn:
        while fill_batch(conn):
            pass


def test_twenty_searches_on_one_connection_stay_quick_and_unprepared(module_database: str, filled: Corpus) -> None:
    """A statement prepared by the driver would be planned for any term from its sixth use on."""
    with connect(module_database) as conn:
        # As a caller's own connection might be set.
        conn.prepare_threshold = 0
        took = []
        for _ in range(20):
            for term in ("quixzyjoz", "צצצו", "麒麟", "🦔", "zzyqqx"):
                began = time.perf_counter()
                assert len(search(conn, SearchQuery(term)).items) == filled.planted[term]
                took.append(time.perf_counter() - began)
        prepared = conn.execute("select count(*) from pg_prepared_statements", prepare=False).fetchone()
    assert prepared == (0,)
    half = len(took) // 2
    assert sum(took[half:]) < 3 * sum(took[:half])


def test_rare_terms_are_found_through_trigrams_or_grams(module_database: str, filled: Corpus) -> None:
    """Never by reading the table, nor a row's grams one by one."""
    fill_index(module_database)
    rare = dict.fromkeys(("rare", "hebrew_rare", "arabic_rare"), "message_search_trgm_idx")
    rare |= dict.fromkeys(("cjk_two_characters", "emoji_rare"), "message_search_grams_idx")
    with connect(module_database) as conn:
        for term, index in ((term, index) for name, index in rare.items() for term in filled.terms[name]):
            plan = next(plan for plan in explain(conn, SearchQuery(term)) if plan.startswith("-- indexes"))
            assert index in plan
            assert "Seq Scan" not in plan
            assert "lossy" not in plan


def test_a_stretch_is_looked_up_by_its_grams_and_its_time_together(
    module_database: str, filled: Corpus, set_steps: Steps
) -> None:
    """Whatever PostgreSQL's statistics say of either: to fetch all that one of them finds is what takes long."""
    fill_index(module_database)
    set_steps(100, "stretch")
    with connect(module_database) as conn:
        plans = explain(conn, SearchQuery(filled.terms["phrase_of_common"][0]))
    stretches = [plan for plan in plans if plan.startswith("-- stretch")]
    assert stretches
    assert all("BitmapAnd" in plan for plan in stretches)


def _rarest(conn: psycopg.Connection, column: LiteralString) -> Any:
    """Of chats and people that write all the time, the newest messages of all hold a page: that is as good a way."""
    rows = f"select {column} from public.messages where {column} is not null"
    row = conn.execute(f"{rows} group by {column} order by count(*), {column} limit 1").fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("index", ["chat", "group", "sender", "kind", "media"])
def test_what_is_narrowed_is_listed_by_an_index_that_has_the_order(
    module_database: str, filled: Corpus, index: str
) -> None:
    """Whoever has long been silent would otherwise be looked for among all who have written since."""
    fill_index(module_database)
    with connect(module_database) as conn:
        conn.execute("analyze public.message_search")
        narrowed = {
            "chat": SearchQuery(chat_id=_rarest(conn, "chat_id")),
            "group": SearchQuery(group_id=_rarest(conn, "group_id")),
            "sender": SearchQuery(sender=_rarest(conn, "sender")),
            "kind": SearchQuery(kind="audio"),
            "media": SearchQuery(has_media=True),
        }
        (plan,) = (plan for plan in explain(conn, narrowed[index]) if plan.startswith("-- newest"))
    assert f"message_search_{index}_idx" in plan


def test_the_newest_rows_are_read_ahead_and_nothing_stays_of_it(module_database: str, filled: Corpus) -> None:
    fill_index(module_database)
    with connect(module_database) as conn:
        warm(conn)
        assert conn.info.transaction_status == TransactionStatus.IDLE
        assert conn.execute("show enable_seqscan").fetchone() == ("on",)
        conn.rollback()
        (walk, *_) = (plan for plan in explain(conn, SearchQuery("zzyqqx")) if plan.startswith("-- walk"))
    assert "read=" not in walk


def test_no_walk_is_compiled_where_the_server_compiles_dear_plans(module_database: str, filled: Corpus) -> None:
    with connect(module_database) as conn:
        conn.execute("set jit = on; set jit_above_cost = 0")
        plans = explain(conn, SearchQuery("🦔"))
    assert [plan for plan in plans if plan.startswith("-- walk") and "JIT:" in plan] == []
