"""The same events in any order, in any batches, delivered any number of times: the same archive."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.baileys_expected import GROUP, NAME, REACTIONS, ROWS, VERSIONS
from tests.live.deliveries import by_evolution, edits, empty, info, put, reacts, replies, revokes, says, state, upsert
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.interpret import interpret

DATA = Path(__file__).parent.parent / "data" / "baileys"
SHUFFLES, BLOCKS = 200, 4


def sample() -> list[Any]:
    """Every message of the sample as a delivery of its own, and what the library derives from them."""
    raw = json.loads((DATA / "messages.upsert.bufferjson.json").read_text(encoding="utf-8"))
    derived = json.loads((DATA / "derived_events.bufferjson.json").read_text(encoding="utf-8"))
    return [upsert(message) for message in raw["data"]["messages"]] + derived


def deliver(ctx: Context, conn: psycopg.Connection, events: list[Any], rng: random.Random) -> None:
    """The events once to three times each, shuffled, landed in pieces and interpreted in between."""
    many = [event for event in events for _ in range(rng.randint(1, 3))]
    rng.shuffle(many)
    while many:
        cut = rng.randint(1, len(many))
        put(conn, *many[:cut])
        interpret(ctx)
        many = many[cut:]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_sample_in_any_order_leaves_what_a_person_would_expect(
    ctx: Context, conn: psycopg.Connection, block: int
) -> None:
    """Two hundred orders, in blocks so that several processes share them; each block begins with the first order."""
    first = None
    for seed in (0, *range(block * SHUFFLES // BLOCKS + 1, (block + 1) * SHUFFLES // BLOCKS + 1)):
        deliver(ctx, conn, sample(), random.Random(seed))
        found = state(conn)
        if first is None:
            first = found
            check_against_the_table(found)
        assert found == first, f"order {seed} differs"
        empty(conn)


def check_against_the_table(found: dict[str, Any]) -> None:
    rows = {row[0]: row for row in found["messages"]}
    assert set(rows) == {f"{GROUP}|{row.stanza}" for row in ROWS}
    for row in ROWS:
        _, _, chat, sender, kind, text, parent, group, _, raw = rows[f"{GROUP}|{row.stanza}"]
        assert (chat, group, sender, kind, text) == (GROUP, GROUP, row.sender, row.kind, row.text), row.stanza
        assert raw.get("subkind") == row.subkind
        assert parent == (f"{GROUP}|{row.parent}" if row.parent else None)
        assert ("edited" in raw, "deleted" in raw) == (row.edited, row.deleted)
    assert [(name.partition("|")[2], text) for name, text, *_ in found["versions"]] == [
        (stanza, text) for stanza, texts in VERSIONS.items() for text in texts
    ]
    assert {
        (target.partition("|")[2], sender): emoji for _, target, sender, emoji, *_ in found["reactions"]
    } == REACTIONS
    assert found["groups"][0][:2] == (GROUP, NAME)
    assert found["open"] == [(0,)]
    assert len(found["media_fetch"]) == 9


LID, PHONE = "77@lid", "4477@s.whatsapp.net"
INVENTED = [
    says("A", "one"),
    upsert({**info("A", {"conversation": "one"}), "pushName": "Al"}),
    says("B", "two", sender=LID, at=1731000100),
    replies("C", "three", "A", at=1731000200),
    replies("D", "four", "C", at=1731000300, sender=PHONE),
    replies("Q1", "I quote the second", "Q2"),
    replies("Q2", "I quote the first", "Q1"),
    replies("S", "I quote myself", "S"),
    upsert(info("U", None, messageStubType=2)),
    says("U", "what was not readable"),
    edits("A", "one, better", at=1731000400),
    edits("A", "one, best", at=1731000500),
    by_evolution(says("A", "one, as another tells it", at=1731000001)),
    by_evolution(edits("A", "one, better", at=1731000400)),
    edits("A", "one", at=1731000450),
    edits("A", "one, better", at=1731000550),
    edits("A", "one in a far year", at=4102444800),
    edits("B", "two, better", at=1731000400, sender=LID),
    revokes("C", at=1731000600),
    revokes("C", at=1731000650),
    reacts("A", "👍", at=1731000700, sender=LID),
    reacts("A", "🎉", at=1731000800, sender=PHONE),
    reacts("C", "", at=1731000800),
    {"event": "lid-mapping.update", "data": {"lid": LID, "pn": PHONE}},
    {"event": "groups.update", "data": [{"id": GROUP, "subject": "Old name", "subjectTime": 1730000000}]},
    {"event": "groups.update", "data": [{"id": GROUP, "subject": "New name", "subjectTime": 1731000000}]},
]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_order_of_any_events_gives_the_same_rows(
    ctx: Context, conn: psycopg.Connection, data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(INVENTED))), min_size=1, max_size=12, unique=True))
    states = []
    for order in (sorted(chosen), data.draw(st.permutations(chosen))):
        empty(conn)
        deliver(ctx, conn, [INVENTED[number] for number in order], random.Random(str(order)))
        states.append(state(conn))
    assert states[0] == states[1]
