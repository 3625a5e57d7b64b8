"""What a run over the queue shows in Dagster, and what it gives back when it is cancelled."""

from __future__ import annotations

import base64
import io
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from tests.commands.shell import start
from tests.extract import material
from tests.faults.leftovers import MARK, none_left
from wa_pipeline.defs import reports
from wa_pipeline.recorded import open_instance, run_job
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.intake import open_intake


def take_in(ctx: Context, files: Sequence[tuple[str, bytes]]) -> None:
    with ctx.connect() as conn, open_intake(ctx) as intake:
        for name, data in files:
            intake.take_in(conn, io.BytesIO(data), name=name)


def picture(words: str) -> bytes:
    data = io.BytesIO()
    material.picture((words,)).save(data, "PNG")
    return data.getvalue()


def test_a_run_over_pictures_shows_rates_reasons_confidence_and_the_slowest(
    ctx: Context, empty_database_url: str
) -> None:
    take_in(ctx, [("a.png", picture("harbour")), ("b.png", picture("umbrella")), ("c.png", picture("broken")[:3000])])
    shown = run_job(ctx, "read_pictures").metadata["ocr_text"]
    assert (shown["done"], shown["failed"], shown["pending"]) == (2, 1, 0)
    assert isinstance(shown["files_per_s"], float)
    assert shown["files_per_s"] > 0
    assert sum(_dict(shown["failed_by_reason"]).values()) == 1
    slowest = shown["slowest"]
    assert isinstance(slowest, dg.TableMetadataValue)
    assert len(slowest.records) == 3
    assert all(str(record.data["file"]).endswith(".png") for record in slowest.records)
    plot = re.search(r"data:image/svg\+xml;base64,([\w+/=]+)", str(shown["confidence"]))
    assert plot
    drawn = base64.b64decode(plot[1]).decode()
    assert drawn.count("<rect") == 10
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("select count(*) from event_logs where event ~* 'harbour|umbrella'").fetchone() == (0,)


def test_a_run_over_recordings_shows_its_real_time_factor(ctx: Context) -> None:
    take_in(ctx, [("a.opus", material.ENGLISH.read_bytes())])
    shown = run_job(ctx, "hear_speech").metadata["asr_text"]
    assert shown["done"] == 1
    assert isinstance(shown["real_time_factor"], float)
    assert shown["media_seconds"] == pytest.approx(5, abs=2)


def test_progress_is_seen_while_a_run_works(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PROGRESS_EVERY", 0.0)
    take_in(ctx, [("a.png", picture("harbour")), ("b.png", picture("umbrella"))])
    run_job(ctx, "read_pictures")
    with open_instance(ctx) as instance:
        seen = instance.fetch_observations(dg.AssetKey("ocr_text"), limit=100).records
    counts = [record.asset_observation.metadata["done"].value for record in seen if record.asset_observation]
    assert {0, 2} <= set(counts)


def test_cancelling_a_run_gives_its_leases_back(ctx: Context, tmp_path: Path) -> None:
    take_in(ctx, [(f"{number}.png", picture(f"harbour {number}")) for number in range(40)])
    run = start("enrich", **{MARK: tmp_path.name})
    with ctx.connect(autocommit=True) as conn:
        running = "select count(*) from public.media_enrichment where state = 'running'"
        deadline = time.monotonic() + 120
        while conn.execute(running).fetchone() == (0,):
            assert run.poll() is None, run.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=120)
        left = conn.execute(
            "select state, attempts, lease_owner from public.media_enrichment where state <> 'done' group by 1, 2, 3"
        ).fetchall()
    assert run.returncode == 130
    assert left == [("pending", 0, None)]
    assert none_left(tmp_path.name)


def _dict(value: object) -> dict[str, int]:
    assert isinstance(value, dict)
    return value
