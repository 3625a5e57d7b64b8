"""The inbox forgets contents and never that an event came; Dagster forgets runs and never a partition's newest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from wa_pipeline.archive.retention import forget
from wa_pipeline.instance.pruning import prune_runs, prune_skipped_ticks
from wa_pipeline.recorded import open_instance, run_job
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.exports import register_export

ROWS = """
insert into public.wa_inbox (source, source_event_id, received_at, payload, body, state, waits_for, held_for)
values (
  %(source)s, %(id)s, now() - make_interval(days => %(age)s), %(payload)s, %(body)s, %(state)s, %(waits)s, %(held)s)
"""


def _row(conn: psycopg.Connection, name: str, age: int, state: str, **more: object) -> None:
    values = {"source": "baileys", "id": name, "age": age, "state": state, "payload": '{"words": 1}'}
    conn.execute(ROWS, values | {"body": None, "waits": None, "held": None} | more)


@pytest.fixture
def rows(ctx: Context) -> None:
    """Rows of every state, some within their time and some beyond it."""
    with ctx.connect() as conn:
        _row(conn, "done, young", 29, "done")
        _row(conn, "done, old", 31, "done")
        _row(conn, "dead, old", 31, "dead", payload=None, body=b"no json")
        _row(conn, "new, very old", 400, "new")
        _row(conn, "waiting, young", 29, "waiting", waits=["a|b"])
        _row(conn, "waiting, old", 31, "waiting", waits=["a|b"])
        _row(conn, "held, young", 6, "skipped", held=["1@g.us"])
        _row(conn, "held, old", 8, "skipped", held=["1@g.us"])
        _row(conn, "partly held, old", 8, "done", held=["1@g.us"])


@pytest.mark.usefixtures("rows")
def test_contents_go_when_their_time_is_over_and_the_rows_stay(ctx: Context) -> None:
    with ctx.connect() as conn:
        first = forget(conn, inbox_days=30, unmonitored_days=7)
        again = forget(conn, inbox_days=30, unmonitored_days=7)
        kept = conn.execute(
            "select source_event_id, payload is not null or body is not null, waits_for is not null,"
            " held_for is not null from public.wa_inbox"
        ).fetchall()
    assert (first.interpreted, first.unmonitored) == (3, 2)
    assert (again.interpreted, again.unmonitored) == (0, 0)
    assert {name: marks for name, *marks in kept} == {
        "done, young": [True, False, False],
        "done, old": [False, False, False],
        "dead, old": [False, False, False],
        "new, very old": [True, False, False],
        "waiting, young": [True, True, False],
        "waiting, old": [False, False, False],
        "held, young": [True, False, True],
        "held, old": [False, False, False],
        "partly held, old": [True, False, False],
    }


@pytest.mark.usefixtures("rows")
def test_an_event_delivered_again_after_its_contents_went_is_still_known(ctx: Context) -> None:
    with ctx.connect() as conn:
        forget(conn, inbox_days=0, unmonitored_days=0)
        with pytest.raises(psycopg.errors.UniqueViolation):
            _row(conn, "done, old", 0, "new")


@pytest.mark.usefixtures("rows")
def test_what_waits_for_a_group_longer_than_the_rest_is_kept_that_long(ctx: Context) -> None:
    with ctx.connect() as conn:
        forget(conn, inbox_days=1, unmonitored_days=90)
        held = conn.execute("select count(*) from public.wa_inbox where held_for is not null and payload is not null")
        assert held.fetchone() == (3,)


@pytest.mark.usefixtures("rows")
def test_the_jobs_show_what_they_removed(ctx: Context) -> None:
    with open_instance(ctx) as instance:
        for job, shown in (("forget_inbox", {"interpreted": 3, "unmonitored": 2}), ("forget_runs", {"runs": 0})):
            run = run_job(ctx, job)
            events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_OUTPUT)
            (told,) = [entry.dagster_event for entry in events]
            assert told is not None
            metadata = told.step_output_data.metadata
            assert shown.items() <= {name: value.value for name, value in metadata.items()}.items()


def test_old_runs_go_with_all_they_left_but_a_partitions_newest_stays(
    ctx: Context, export: Path, empty_database_url: str
) -> None:
    key = register_export(ctx, export, tz="Europe/London")
    runs = [run_job(ctx, "import_export", partition_key=key).run_id for _ in range(2)]
    linked = [run_job(ctx, "link_replies").run_id for _ in range(2)]
    young = run_job(ctx, "link_replies").run_id
    with open_instance(ctx) as instance:
        folder = Path(instance.storage_directory()) / runs[0]
        (folder / "step").mkdir(parents=True)
        _made_older(empty_database_url, [*runs, *linked], timedelta(days=40))
        pruned = prune_runs(instance, older_than_days=30)
        left = set(instance.get_run_ids())
        assert instance.get_materialized_partitions(dg.AssetKey("chat_exports")) == {key}
    assert left == {runs[1], young}
    assert (pruned.runs, pruned.kept_for_their_asset, pruned.folders) == (3, 1, 1)
    assert pruned.check_results > 0
    assert not folder.exists()
    with psycopg.connect(empty_database_url) as conn:
        for table in ("event_logs", "run_tags", "asset_check_executions"):
            ids = conn.execute(f"select distinct run_id from {table}").fetchall()
            assert {run_id for (run_id,) in ids} <= left


def test_a_run_that_is_going_is_never_pruned(ctx: Context, empty_database_url: str) -> None:
    @dg.job
    def nothing() -> None: ...

    with open_instance(ctx) as instance:
        run = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED)
        _made_older(empty_database_url, [run.run_id], timedelta(days=400))
        assert prune_runs(instance, older_than_days=30).runs == 0
        assert instance.get_run_ids() == [run.run_id]


def test_skipped_ticks_are_kept_for_a_while_and_others_as_dagster_is_told(ctx: Context) -> None:
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.scheduler.instigation import TickData, TickStatus

    with open_instance(ctx) as instance:
        for status in (TickStatus.SKIPPED, TickStatus.SUCCESS):
            for hours in (1, 3):
                at = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
                tick = TickData("origin", "due", InstigatorType.SENSOR, status, at, run_ids=[], selector_id="one")
                instance.create_tick(tick)
        assert prune_skipped_ticks(instance, older_than=timedelta(hours=2)) == 1
        assert len(instance.get_ticks("origin", "one")) == 3


def _made_older(url: str, run_ids: list[str], age: timedelta) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("update runs set create_timestamp = create_timestamp - %s where run_id = any(%s)", (age, run_ids))
