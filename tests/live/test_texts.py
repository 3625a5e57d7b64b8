"""What texts a message has had does not depend on what was told first, nor on how often."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from tests.data.baileys_expected import GROUP
from tests.live.deliveries import by_evolution, edits, info, put, reacts, says, state, upsert
from wa_pipeline.archive.live.texts import Edited
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.interpret import interpret

SENT = datetime(2026, 1, 1, tzinfo=UTC)
texts = st.sampled_from(["one", "two", "three", ""])
moments = st.none() | st.integers(0, 5).map(lambda minute: SENT.replace(minute=minute))
facts = st.lists(st.tuples(texts, moments, st.sampled_from(["baileys", "waha"])), max_size=6)


@given(facts, st.integers(0, 1_000))
def test_edits_merge_in_any_order_and_any_number_of_times(
    told: list[tuple[str, datetime | None, str]], seed: int
) -> None:
    again = [*told, *told]
    random.Random(seed).shuffle(again)
    found = []
    for order in (told, again):
        known = Edited()
        known.first = known.learn("one")
        for text, at, source in order:
            known.edit(text, at, source)
        found.append((known.mark(), known.versions(SENT, "baileys")))
    assert found[0] == found[1]


def texts_of(conn: psycopg.Connection) -> tuple[str, list[str]]:
    [(text,)] = conn.execute("select text from public.messages").fetchall()
    return text, [version for _, version, *_ in state(conn)["versions"]]


def test_the_first_text_is_that_of_the_telling_in_force(ctx: Context, conn: psycopg.Connection) -> None:
    for told in (by_evolution(says("A", "helo")), edits("A", "hello!", at=1731000100), says("A", "hello")):
        put(conn, told)
        interpret(ctx)
    assert texts_of(conn) == ("hello!", ["hello"])


def test_an_edit_back_to_the_first_text_leaves_what_was_between(ctx: Context, conn: psycopg.Connection) -> None:
    put(conn, says("A", "one"), edits("A", "two", at=1731000100), edits("A", "one", at=1731000200))
    interpret(ctx)
    assert texts_of(conn) == ("one", ["two"])
    put(conn, edits("A", "three", at=1731000300))
    interpret(ctx)
    assert texts_of(conn) == ("three", ["one", "two"])


def test_what_is_dated_ahead_does_not_hold_for_ever(ctx: Context, conn: psycopg.Connection) -> None:
    """A sender's clock that is wrong is put right by the server's; where both are, the event has no time at all."""
    wrong = {"type": 14, "key": {"id": "A"}, "editedMessage": {"conversation": "two"}, "timestampMs": 4102444800000}
    put(conn, says("A", "one"), upsert(info("E", {"protocolMessage": wrong}, at=1731000100)))
    put(conn, edits("A", "three", at=1731000200), edits("A", "never", at=4102444800))
    put(conn, reacts("A", "🎉", at=4102444800), reacts("A", "👍", at=1731000100))
    name = {"event": "groups.update", "data": [{"id": GROUP, "subject": "Ahead", "subjectTime": 4102444800}]}
    put(conn, name)
    interpret(ctx)
    assert texts_of(conn) == ("three", ["never", "one", "two"])
    assert [reaction[3] for reaction in state(conn)["reactions"]] == ["👍"]
    named = conn.execute("select max(at) < now() + interval '1 minute' from public.group_names").fetchone()
    assert named == (True,)


def test_only_an_explicit_revocation_deletes(ctx: Context, conn: psycopg.Connection) -> None:
    put(conn, says("A", "one"), upsert(info("R", {"protocolMessage": {"key": {"id": "A"}}})))
    report = interpret(ctx)
    assert report.skipped == {"protocol message": 1}
    assert conn.execute("select raw ? 'deleted' from public.messages").fetchone() == (False,)
