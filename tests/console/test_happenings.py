"""The activity page says what happened and leads to it: chats by name, runs in Dagster, times as times."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import psycopg

from tests.console.conftest import Console
from wa_pipeline.archive.views.activity import Activity
from wa_pipeline.console.pages.happenings import KIND_WORDS, told

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAGSTER = "http://127.0.0.1:3000"


def _told(kind: str, **detail: object) -> dict[str, tuple[object, str | None]]:
    happening = told(Activity(uuid4(), kind, AT, detail), DAGSTER, {"1@g.us": "Ruderclub"})
    return {fact.label: (fact.value, fact.link) for fact in happening.facts} | {"runs": ("", happening.runs)}


def test_what_is_nothing_is_left_out() -> None:
    facts = _told("ingest", rows=15, edits=0, skipped={}, messages=11_000, failed=None)
    assert set(facts) == {"deliveries", "messages", "runs"}
    assert facts["messages"] == ("11,000", None)


def test_chats_bear_their_names_and_runs_are_a_link_away() -> None:
    assert _told("group_rename", group="1@g.us", at="2026-03-01T12:00:00+00:00") == {
        "group": ("Ruderclub", "/chat?id=1%40g.us"),
        "at": (AT, None),
        "runs": ("", None),
    }
    assert _told("error", run_id="0a1b2c3d-4e5f")["run"] == ("0a1b2c3d", f"{DAGSTER}/runs/0a1b2c3d-4e5f")
    export = _told("ingest", export="chat-of-a&b-12", chat_id="2@g.us")
    assert export["chat"] == ("2@g.us", "/chat?id=2%40g.us")
    assert export["runs"][1] == f"{DAGSTER}/assets/chat_exports?view=partitions&partition=chat-of-a%26b-12"
    assert _told("discovery", total=3)["runs"][1] == f"{DAGSTER}/assets/groups"


def test_every_kind_has_words_and_hostile_details_stay_words(own_console: Console) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    with psycopg.connect(own_console.ctx.archive_url) as conn:
        for kind in KIND_WORDS:
            conn.execute(
                "insert into public.audit_log (kind, detail) values (%s, jsonb_build_object("
                " 'group', %s::text, 'run_id', %s::text, 'at', %s::text, 'dead', jsonb_build_object(%s::text, 1)))",
                [kind, *[hostile] * 4],
            )
    page = own_console.http.get("/activity").text
    assert "<img src=x" not in page
    assert all(words in page for words in KIND_WORDS.values())
