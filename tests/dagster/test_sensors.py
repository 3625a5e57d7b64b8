"""Sensors ask for a run when there is work and nobody is at it, and otherwise say why not."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest

from wa_pipeline.archive import import_runs
from wa_pipeline.defs.dropping import dropped_exports
from wa_pipeline.defs.jobs import STEP_TAG
from wa_pipeline.defs.noticing import dead_runs
from wa_pipeline.defs.resources import Archive
from wa_pipeline.defs.sensors import media_due, pictures_due
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.exports import register_export

LATER = time.time() - 60


@pytest.fixture
def dropped(ctx: Context, export: Path) -> Path:
    """The export, lying in the export folder for a minute already."""
    folder = ctx.settings.exports_folder
    folder.mkdir(parents=True)
    path = Path(shutil.copy(export, folder))
    os.utime(path, (LATER, LATER))
    return path


@dg.job
def some_job() -> None: ...


def _tick(
    sensor: dg.SensorDefinition, ctx: Context, instance: dg.DagsterInstance, cursor: str | None = None
) -> dg.SensorResult:
    """The sensor's answer, in one form whatever it returned."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"archive": Archive(ctx)})
    answer = sensor(context)
    if isinstance(answer, dg.SensorResult):
        return answer
    if isinstance(answer, dg.RunRequest):
        return dg.SensorResult(run_requests=[answer])
    assert isinstance(answer, dg.SkipReason)
    return dg.SensorResult(skip_reason=answer)


def _why(result: dg.SensorResult) -> str:
    assert isinstance(result.skip_reason, dg.SkipReason)
    return result.skip_reason.skip_message or ""


def test_an_export_without_a_time_zone_waits_and_is_named(
    ctx: Context, dropped: Path, instance: dg.DagsterInstance
) -> None:
    why = _why(_tick(dropped_exports, ctx, instance))
    assert dropped.name in why
    assert "WA_EXPORT_TZ" in why


def test_a_ready_export_becomes_a_partition_and_a_run(
    ctx: Context, dropped: Path, instance: dg.DagsterInstance
) -> None:
    ctx.settings.export_tz = "Europe/London"
    result = _tick(dropped_exports, ctx, instance)
    assert result.run_requests
    (request,) = result.run_requests
    assert request.partition_key
    assert request.partition_key.startswith("whatsapp-chat-with-bean-rota-")
    assert result.dynamic_partitions_requests
    with ctx.connect() as conn:
        run = import_runs.get(conn, request.partition_key)
    assert run is not None
    assert run.options == {"tz": "Europe/London"}


def test_an_export_that_is_being_imported_is_not_asked_for_twice(
    ctx: Context, dropped: Path, instance: dg.DagsterInstance
) -> None:
    ctx.settings.export_tz = "Europe/London"
    key = register_export(ctx, dropped, tz="Europe/London")
    instance.create_run_for_job(some_job, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": key})
    assert "is being imported" in _why(_tick(dropped_exports, ctx, instance))


def test_an_import_that_was_cut_off_is_asked_for_three_times(
    ctx: Context, dropped: Path, instance: dg.DagsterInstance
) -> None:
    ctx.settings.export_tz = "Europe/London"
    key = register_export(ctx, dropped, tz="Europe/London")
    with ctx.connect() as conn:
        import_runs.begin(conn, key)
    for _ in range(3):
        assert _tick(dropped_exports, ctx, instance).run_requests
        instance.create_run_for_job(some_job, status=dg.DagsterRunStatus.FAILURE, tags={"dagster/partition": key})
    assert "wa retry" in _why(_tick(dropped_exports, ctx, instance))


def test_an_empty_folder_is_no_news(ctx: Context, instance: dg.DagsterInstance) -> None:
    assert _why(_tick(dropped_exports, ctx, instance)) == "nothing to import"


def test_pictures_are_asked_for_only_when_due_and_nobody_is_at_it(ctx: Context, instance: dg.DagsterInstance) -> None:
    assert _why(_tick(pictures_due, ctx, instance)).startswith("nothing is due")
    with ctx.connect() as conn:
        media_id = _media(conn, probed=True)
        conn.execute("insert into public.media_enrichment (media_id, step) values (%s, 'ocr')", (media_id,))
    assert _tick(pictures_due, ctx, instance).run_requests

    run = instance.create_run_for_job(some_job, status=dg.DagsterRunStatus.STARTING, tags={STEP_TAG: "ocr"})
    assert "is at it" in _why(_tick(pictures_due, ctx, instance))
    instance.delete_run(run.run_id)
    instance.create_run_for_job(some_job, status=dg.DagsterRunStatus.STARTED, tags={STEP_TAG: "enrich"})
    assert "is at it" in _why(_tick(pictures_due, ctx, instance))


def test_a_step_that_has_just_failed_rests(ctx: Context, instance: dg.DagsterInstance) -> None:
    with ctx.connect() as conn:
        conn.execute(
            "insert into public.media_enrichment (media_id, step) values (%s, 'ocr')", (_media(conn, probed=True),)
        )
    run = instance.create_run_for_job(some_job, status=dg.DagsterRunStatus.STARTED, tags={STEP_TAG: "ocr"})
    instance.report_run_failed(run)
    assert "the last run failed" in _why(_tick(pictures_due, ctx, instance))


def test_what_is_not_due_yet_asks_for_nothing(ctx: Context, instance: dg.DagsterInstance) -> None:
    with ctx.connect() as conn:
        conn.execute(
            "insert into public.media_enrichment (media_id, step, next_attempt_at)"
            " values (%s, 'ocr', now() + interval '1 hour')",
            (_media(conn, probed=True),),
        )
    assert "1 pending" in _why(_tick(pictures_due, ctx, instance))


def test_media_that_cannot_be_looked_into_does_not_ask_for_runs_for_ever(
    ctx: Context, instance: dg.DagsterInstance
) -> None:
    with ctx.connect() as conn:
        _media(conn, probed=False)
    first = _tick(media_due, ctx, instance)
    assert first.run_requests
    assert "after an hour" in _why(_tick(media_due, ctx, instance, first.cursor))
    with ctx.connect() as conn:
        _media(conn, probed=False)
    assert _tick(media_due, ctx, instance, first.cursor).run_requests


def test_dead_runs_says_that_all_is_well(ctx: Context, instance: dg.DagsterInstance) -> None:
    assert _why(_tick(dead_runs, ctx, instance)) == "every run has its process"


def _media(conn: object, *, probed: bool) -> object:
    import psycopg

    assert isinstance(conn, psycopg.Connection)
    sha256 = uuid4().hex * 2
    row = conn.execute(
        "insert into public.media (sha256, mime, bytes, storage_path, meta) values (%s, 'image/png', 1, %s, %s::jsonb)"
        " returning id",
        (sha256, f"wa-media/{sha256}/original.png", '{"probed": true}' if probed else "{}"),
    ).fetchone()
    assert row is not None
    return row[0]
