"""The live part of the sample archive is what its story tells, and holds what it is there to show."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from wa_pipeline.archive import groups, inbox
from wa_pipeline.demo import DATA, expected, live_sample
from wa_pipeline.demo.make import live_lines
from wa_pipeline.settings import load_settings
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.interpret import interpret
from wa_pipeline.steps.link import link_replies


@pytest.fixture
def archive(database_url: str, wa_home: Path) -> Iterator[Context]:
    """An archive in which the sample's group is monitored."""
    ctx = Context(load_settings(), database_url, database_url)
    with ctx.connect() as conn:
        groups.ensure_groups(conn, [live_sample().group_id])
        groups.set_monitor(conn, live_sample().group_id, True)
    yield ctx
    ctx.close()


@pytest.mark.parametrize("shuffled", [None, 1, 2])
def test_delivered_in_any_order_and_twice_they_leave_what_the_story_tells(
    archive: Context, shuffled: int | None
) -> None:
    says = live_sample().expected
    lines = live_sample().path.read_bytes().splitlines()
    if shuffled:
        random.Random(shuffled).shuffle(lines)
    for _ in range(2):
        with archive.connect() as conn:
            inbox.land(conn, [inbox.Arrival("baileys", line) for line in lines])
        interpret(archive)
        link_replies(archive)
    with archive.connect() as conn:
        counted = conn.execute(
            "select count(*), count(*) filter (where raw ? 'edited'), count(*) filter (where raw ? 'deleted'),"
            " count(parent_id) from messages"
        ).fetchone()
        reactions = conn.execute("select count(*) from message_reactions").fetchone()
        aliases = conn.execute("select lid, phone from jid_aliases").fetchall()
        name = conn.execute("select name from groups where wa_group_id = %s", (live_sample().group_id,)).fetchone()
        texts = {text for (text,) in conn.execute("select text from messages").fetchall()}
    assert counted == (says["messages"], says["edits"], says["deletes"], says["replies"])
    assert reactions == (says["reactions"],)
    assert dict(aliases) == says["aliases"]
    assert name == (says["group"]["name"],)
    assert {hit["text"] for hit in says["hits"]} <= texts


def test_the_committed_deliveries_are_the_storys() -> None:
    lines, says = live_lines(expected()["archive"]["media_sha256"])
    assert live_sample().path.read_text(encoding="utf-8") == lines
    assert live_sample().expected == says
    assert live_sample().path.parent == DATA


def test_they_come_out_of_order_and_some_of_them_twice() -> None:
    lines = live_sample().path.read_text(encoding="utf-8").splitlines()
    times = [int(json.loads(line)["data"]["messages"][0]["messageTimestamp"]) for line in lines]
    assert times != sorted(times)
    assert len(lines) > len(set(lines)) == live_sample().expected["deliveries"]


def test_a_reply_comes_before_what_it_answers() -> None:
    seen: set[str] = set()
    early = 0
    for line in live_sample().path.read_text(encoding="utf-8").splitlines():
        message = json.loads(line)["data"]["messages"][0]
        context = (message.get("message") or {}).get("extendedTextMessage", {}).get("contextInfo", {})
        early += bool(context) and context["stanzaId"] not in seen
        seen.add(message["key"]["id"])
    assert early
