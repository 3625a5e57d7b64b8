"""A request in runtime_flags becomes one run, another only after a failure, and waits while one is going."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import dagster as dg
import psycopg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.events.log import EventLogEntry

from wa_pipeline.archive import flags
from wa_pipeline.defs.asking import answer_request
from wa_pipeline.defs.discovery import daily_discovery, discovery_requested, qr_requested
from wa_pipeline.defs.jobs import ASKED_TAG, STEP_TAG
from wa_pipeline.defs.listening import LISTEN_SECONDS
from wa_pipeline.defs.resources import Archive
from wa_pipeline.recorded import open_instance, run_job
from wa_pipeline.steps.context import Context

AT = "2026-03-01T12:00:00Z"


@pytest.fixture
def conn(ctx: Context) -> Iterator[psycopg.Connection]:
    with ctx.connect(autocommit=True) as opened:
        yield opened


@dg.job
def some_job() -> None: ...


def tick(
    ctx: Context, instance: dg.DagsterInstance, sensor: dg.SensorDefinition = discovery_requested
) -> dg.RunRequest | str:
    """What the sensor asks for, or why it does not."""
    answer = sensor(dg.build_sensor_context(instance=instance, resources={"archive": Archive(ctx)}))
    if isinstance(answer, dg.RunRequest):
        return answer
    assert isinstance(answer, dg.SkipReason)
    return answer.skip_message or ""


def write(conn: psycopg.Connection, value: str, key: str = flags.FETCH_GROUPS) -> None:
    conn.execute(
        "insert into runtime_flags (key, value) values (%s, %s) on conflict (key) do update set value = excluded.value",
        (key, value),
    )


def run_of(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, at: str = AT) -> dg.DagsterRun:
    return instance.create_run_for_job(some_job, status=status, tags={STEP_TAG: "discover", ASKED_TAG: at})


def test_the_seeds_own_request_is_the_first(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    asked = flags.requested(conn, flags.FETCH_GROUPS)
    answer = tick(ctx, instance)
    assert isinstance(answer, dg.RunRequest)
    assert answer.tags == {ASKED_TAG: asked}
    again = tick(ctx, instance)
    assert isinstance(again, dg.RunRequest)
    # A tick that is repeated names the same run, and Dagster makes none of it twice.
    assert again.run_key == answer.run_key
    assert tick(ctx, instance, qr_requested) == "nobody has asked yet"


def test_a_later_tick_stays_to_hear_a_request_as_it_is_made(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    conn.execute("delete from runtime_flags")
    later = dg.SensorEvaluationContext(None, last_tick_completion_time=time.time(), instance=instance)
    asking = threading.Timer(0.5, write, (conn, json.dumps({"at": AT})))
    asking.start()
    began = time.monotonic()
    answer = answer_request(later, Archive(ctx), flag=flags.FETCH_GROUPS, step="discover")
    asking.join()
    assert isinstance(answer, dg.RunRequest)
    assert answer.tags == {ASKED_TAG: AT}
    assert 0.5 <= time.monotonic() - began < LISTEN_SECONDS


@pytest.mark.parametrize("value", ["{}", "null", "[1]", '"now"', "7", '{"at": null}', '{"at": {"x": 1}}', '{"at": ""}'])
def test_what_is_no_request_is_said_to_be_none(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance, value: str
) -> None:
    write(conn, value)
    assert "holds no request" in str(tick(ctx, instance))


def test_what_is_asked_while_a_run_is_going_waits_and_becomes_one_more(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    write(conn, f'{{"at": "{AT}"}}')
    run = run_of(instance, dg.DagsterRunStatus.STARTED)
    for second in range(1, 4):
        write(conn, f'{{"at": "2026-03-01T12:00:0{second}Z"}}')
        assert "is at it" in str(tick(ctx, instance))
    assert not flags.handled(conn, flags.FETCH_GROUPS, AT)
    end(instance, run, DagsterEventType.RUN_SUCCESS)
    answer = tick(ctx, instance)
    assert isinstance(answer, dg.RunRequest)
    assert answer.tags == {ASKED_TAG: "2026-03-01T12:00:03Z"}


def test_a_request_whose_run_succeeded_is_never_served_again(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    write(conn, f'{{"at": "{AT}"}}')
    run_of(instance, dg.DagsterRunStatus.SUCCESS)
    assert "was served by run" in str(tick(ctx, instance))
    assert flags.handled(conn, flags.FETCH_GROUPS, AT)
    assert tick(ctx, instance) == f"the request of {AT} was served"


def test_a_failed_run_is_tried_again_after_longer_and_longer_rests(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    write(conn, f'{{"at": "{AT}"}}')
    first = tick(ctx, instance)
    assert isinstance(first, dg.RunRequest)
    keys = {first.run_key}
    for failures, rest in enumerate([30, 120, 480, 1920, 3600, 3600], start=1):
        run = run_of(instance, dg.DagsterRunStatus.STARTED)
        end(instance, run, DagsterEventType.RUN_FAILURE, ago=rest - 10)
        assert f"{failures} runs failed, the next try is in" in str(tick(ctx, instance))
        end(instance, run, DagsterEventType.RUN_FAILURE, ago=rest + 1)
        answer = tick(ctx, instance)
        assert isinstance(answer, dg.RunRequest)
        assert answer.tags == {ASKED_TAG: AT}
        keys.add(answer.run_key)
    assert len(keys) == 7


def test_another_request_does_not_wait_for_the_failed_ones_rest(
    ctx: Context, conn: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    instance.report_run_failed(run_of(instance, dg.DagsterRunStatus.STARTED))
    write(conn, '{"at": "later"}')
    assert isinstance(tick(ctx, instance), dg.RunRequest)


def test_a_run_serves_its_request_and_shows_what_it_found(ctx: Context, conn: psycopg.Connection) -> None:
    at = flags.request(conn, flags.FETCH_GROUPS)
    run = run_job(ctx, "discover_groups", tags={ASKED_TAG: at})
    shown = run.metadata["groups"]
    assert {"new", "renamed", "unchanged", "total", "gateway"} <= shown.keys()
    assert (shown["gateway"], shown["handled"]) == ("none", True)
    assert shown["in the console"] == f"{ctx.settings.console_url}/groups"
    at = flags.request(conn, flags.REFRESH_QR)
    shown = run_job(ctx, "refresh_qr", tags={ASKED_TAG: at}).metadata["wa_session"]
    assert (shown["generated"], shown["handled"]) == (False, True)
    assert "WA_GATEWAY" in str(shown["message"])
    assert shown["in the console"] == f"{ctx.settings.console_url}/session"
    with open_instance(ctx) as real:
        assert tick(ctx, real, qr_requested) == f"the request of {at} was served"


def test_the_daily_discovery_gives_way_to_one_that_is_going(ctx: Context) -> None:
    with open_instance(ctx) as instance:
        context = dg.build_schedule_context(instance=instance)
        assert isinstance(daily_discovery(context), dg.RunRequest)
        run_of(instance, dg.DagsterRunStatus.STARTED)
        answer = daily_discovery(context)
    assert isinstance(answer, dg.SkipReason)
    assert "is at it" in (answer.skip_message or "")


def end(instance: dg.DagsterInstance, run: dg.DagsterRun, how: DagsterEventType, *, ago: float = 0.0) -> None:
    """End a run so many seconds ago."""
    event = DagsterEvent(how.value, run.job_name)
    entry = EventLogEntry(  # type: ignore[no-untyped-call]
        None, 10, "", run.run_id, time.time() - ago, job_name=run.job_name, dagster_event=event
    )
    instance.handle_new_event(entry)
