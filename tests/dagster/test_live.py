"""Live messages as Dagster runs them: asked for when due, shown by the day they came, repeated without harm."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import dagster as dg
import psycopg
import pytest

from wa_pipeline.archive.retention import forget
from wa_pipeline.defs.jobs import FOLLOW_TAG, STEP_TAG
from wa_pipeline.defs.listening import LISTEN_SECONDS
from wa_pipeline.defs.messages import DAYS, EXPIRED, FIRST_DAY, inbox_due
from wa_pipeline.defs.resources import Archive
from wa_pipeline.recorded import open_instance, run_job
from wa_pipeline.steps.context import Context

GROUP = "120363025246125486@g.us"
MESSAGES = dg.AssetKey("messages")
ROWS = "select wa_msg_id, text, kind, sender, parent_id, raw, xmin::text from public.messages order by wa_msg_id"


@pytest.fixture
def conn(ctx: Context) -> Iterator[psycopg.Connection]:
    """A connection to an archive in which the group is monitored."""
    with ctx.connect(autocommit=True) as opened:
        opened.execute("insert into public.groups (wa_group_id, name, monitor) values (%s, 'Dinner', true)", (GROUP,))
        yield opened


def say(conn: psycopg.Connection, text: str, *, days_ago: float = 0, chat: str = GROUP) -> str:
    """A delivery of one message, as a worker of one's own may write it; its stanza id."""
    stanza = uuid4().hex[:20].upper()
    message = {
        "key": {"remoteJid": chat, "fromMe": False, "id": stanza, "participant": "447700900001@s.whatsapp.net"},
        "message": {"conversation": text},
        "messageTimestamp": 1731000007,
        "pushName": "Alice",
    }
    payload = {"event": "messages.upsert", "data": {"type": "notify", "messages": [message]}}
    conn.execute(
        "insert into public.wa_inbox (source, source_event_id, payload, received_at)"
        " values ('baileys', %s, %s, now() - make_interval(secs => %s))",
        (stanza, json.dumps(payload), days_ago * 86_400),
    )
    return stanza


def day(ago: int = 0) -> str:
    return (datetime.now(UTC).date() - timedelta(days=ago)).isoformat()


def tick(ctx: Context, instance: dg.DagsterInstance) -> dg.RunRequest | str:
    """The run asked for, or why there is none."""
    answer = inbox_due(dg.build_sensor_context(instance=instance, resources={"archive": Archive(ctx)}))
    if isinstance(answer, dg.RunRequest):
        return answer
    assert isinstance(answer, dg.SkipReason)
    return answer.skip_message or ""


def test_today_is_a_partition_and_tomorrow_is_not() -> None:
    assert DAYS.has_partition_key(day())
    assert DAYS.has_partition_key(FIRST_DAY)
    assert not DAYS.has_partition_key(day(-1))


def test_a_run_is_asked_for_when_something_is_due_and_nobody_is_at_it(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    assert tick(ctx, instance) == "nothing in the inbox is due"
    say(conn, "Dinner on Friday?")
    asked = tick(ctx, instance)
    assert isinstance(asked, dg.RunRequest)
    assert (asked.partition_key, asked.run_key) == (day(), None)
    assert FOLLOW_TAG in asked.tags

    @dg.job
    def some_job() -> None: ...

    run = instance.create_run_for_job(some_job, status=dg.DagsterRunStatus.STARTED, tags={STEP_TAG: "ingest"})
    assert "1 due; run" in str(tick(ctx, instance))
    instance.report_run_failed(run)
    assert "the last run failed" in str(tick(ctx, instance))


def test_a_later_tick_stays_to_hear_a_message_as_it_comes(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    later = dg.SensorEvaluationContext(
        None, last_tick_completion_time=time.time(), instance=instance, resources={"archive": Archive(ctx)}
    )
    coming = threading.Timer(0.5, say, (conn, "Anybody there?"))
    coming.start()
    began = time.monotonic()
    answer = inbox_due(later)
    coming.join()
    assert isinstance(answer, dg.RunRequest)
    assert 0.5 <= time.monotonic() - began < LISTEN_SECONDS


def test_what_came_before_the_first_day_is_read_under_today(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    """A key before the first day would raise in the tick, and hold up every other day with it."""
    ago = (datetime.now(UTC).date() - datetime.fromisoformat(FIRST_DAY).date()).days + 3
    say(conn, "from a clock that was wrong", days_ago=ago)
    asked = tick(ctx, instance)
    assert isinstance(asked, dg.RunRequest)
    assert asked.partition_key == day()
    assert run_job(ctx, "ingest", partition_key=day()).metadata["messages"]["messages"] == 1
    assert tick(ctx, instance) == "nothing in the inbox is due"


def test_one_run_takes_what_is_due_and_every_day_it_touched_shows_it(ctx: Context, conn: psycopg.Connection) -> None:
    for ago in (0, 0, 1):
        say(conn, f"said {ago} days ago", days_ago=ago)
    shown = run_job(ctx, "ingest", partition_key=day()).metadata["messages"]
    assert (shown["rows"], shown["messages"], shown["day_deliveries"], shown["day_done"]) == (3, 3, 2, 2)
    assert shown["in the console"] == f"{ctx.settings.console_url}/?since={day()}&until={day(-1)}"
    with open_instance(ctx) as instance:
        assert instance.get_materialized_partitions(MESSAGES) == {day(0), day(1)}
    assert run_job(ctx, "ingest", partition_key=day()).metadata["messages"]["rows"] == 0


def test_what_nobody_monitors_is_counted_and_comes_in_once_somebody_does(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    other = "120363000000000001@g.us"
    say(conn, "of another group", chat=other)
    shown = run_job(ctx, "ingest", partition_key=day()).metadata["messages"]
    assert (shown["messages"], shown["skipped"]) == (0, 1)
    table = shown["skipped_by_reason"]
    assert [record.data for record in table.records] == [{"reason": "not monitored", "times": 1}]  # type: ignore[attr-defined]
    assert tick(ctx, instance) == "nothing in the inbox is due"
    conn.execute(
        "insert into public.groups (wa_group_id, name, monitor) values (%s, 'Other', true)"
        " on conflict (wa_group_id) do update set monitor = true",
        (other,),
    )
    assert isinstance(tick(ctx, instance), dg.RunRequest)
    assert run_job(ctx, "ingest", partition_key=day()).metadata["messages"]["messages"] == 1


def test_with_no_days_to_keep_it_what_nobody_monitors_is_dropped_at_once(
    ctx: Context, conn: psycopg.Connection
) -> None:
    ctx.settings.keep_unmonitored_days = 0
    say(conn, "of another group", chat="120363000000000001@g.us")
    run_job(ctx, "ingest", partition_key=day())
    left = conn.execute("select state, payload is null, held_for is null from public.wa_inbox").fetchall()
    assert left == [("skipped", True, True)]


def test_a_replay_restores_what_was_altered_and_touches_no_other_row(ctx: Context, conn: psycopg.Connection) -> None:
    for number in range(5):
        say(conn, f"message {number}")
    run_job(ctx, "ingest", partition_key=day())
    before = conn.execute(ROWS).fetchall()
    conn.execute("update public.messages set text = 'altered', kind = 'other' where wa_msg_id = %s", (before[0][0],))
    altered = conn.execute(ROWS).fetchall()
    assert run_job(ctx, "replay", partition_key=day()).metadata["messages"]["changed"] == 1
    after = conn.execute(ROWS).fetchall()
    assert [row[:-1] for row in after] == [row[:-1] for row in before]
    assert after[1:] == altered[1:] == before[1:]
    assert run_job(ctx, "replay", partition_key=day()).metadata["messages"]["changed"] == 0
    assert conn.execute(ROWS).fetchall() == after


def test_a_backfill_of_several_days_is_one_run_with_counts_for_each(ctx: Context, conn: psycopg.Connection) -> None:
    for ago in (0, 2, 2):
        say(conn, f"said {ago} days ago", days_ago=ago)
    days = {"dagster/asset_partition_range_start": day(3), "dagster/asset_partition_range_end": day(0)}
    run = run_job(ctx, "replay", tags=days)
    with open_instance(ctx) as instance:
        assert len(instance.get_runs()) == 1
        found = instance.fetch_materializations(dg.AssetRecordsFilter(MESSAGES), limit=10).records
    assert {record.run_id for record in found} == {run.run_id}
    rows = {}
    for record in found:
        assert record.asset_materialization
        rows[record.partition_key] = record.asset_materialization.metadata["rows"].value
    assert rows == {day(3): 0, day(2): 2, day(1): 0, day(0): 1}


def test_a_day_whose_payloads_expired_says_so_and_loses_nothing(ctx: Context, conn: psycopg.Connection) -> None:
    say(conn, "Dinner on Friday?", days_ago=1)
    run_job(ctx, "ingest", partition_key=day())
    before = conn.execute(ROWS).fetchall()
    assert len(before) == 1
    forget(conn, inbox_days=0, unmonitored_days=0)
    shown = run_job(ctx, "replay", partition_key=day(1)).metadata["messages"]
    assert (shown["note"], shown["day_expired"]) == (EXPIRED, 1)
    assert conn.execute(ROWS).fetchall() == before


def test_no_message_text_reaches_dagster(ctx: Context, conn: psycopg.Connection, empty_database_url: str) -> None:
    say(conn, "the key is under the pot")
    say(conn, "the key is under the pot", chat="120363000000000001@g.us")
    run_job(ctx, "ingest", partition_key=day())
    with psycopg.connect(empty_database_url) as dagster:
        found = dagster.execute("select count(*) from event_logs where event like '%under the pot%'").fetchone()
    assert found == (0,)
