"""What Dagster loads, and that it loads lightly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.defs_state.base import set_defs_state_storage

from wa_pipeline.definitions import defs
from wa_pipeline.steps.acceptance import CRITERIA, EXTRA

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = ("supabase", "faster_whisper", "pytesseract", "av", "PIL", "numpy", "pypdfium2", "fastapi", "dagster_postgres")


@pytest.fixture(scope="module")
def loaded() -> Iterator[dg.Definitions]:
    # Dagster remembers the storage of the last instance opened, and that of an earlier test is gone.
    with set_defs_state_storage(None):
        yield defs()


def test_the_lineage_is_the_one_promised(loaded: dg.Definitions) -> None:
    graph = loaded.resolve_asset_graph()
    parents = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert parents == {
        "schema": set(),
        "wa_media_bucket": {"schema"},
        "chat_exports": {"schema", "wa_media_bucket"},
        "messages": {"schema"},
        "groups": {"schema"},
        "wa_session": {"schema"},
        "media_files": {"chat_exports", "messages"},
        "ocr_text": {"media_files"},
        "asr_text": {"media_files"},
        "reply_links": {"chat_exports", "messages"},
        "search_index": {"chat_exports", "messages"},
    }


def test_every_criterion_is_a_check_of_an_asset(loaded: dg.Definitions) -> None:
    shown = {(key.name, key.asset_key.to_user_string()) for key in loaded.resolve_asset_graph().asset_check_keys}
    assert {(each.id, each.asset) for each in (*CRITERIA, *EXTRA)} < shown
    assert ("api_signed_url", "media_files") in shown
    assert len(CRITERIA) + 1 == 9


def test_everything_that_should_run_by_itself_does(loaded: dg.Definitions) -> None:
    repository = loaded.get_repository_def()
    assert {sensor.name for sensor in repository.sensor_defs} == {
        "dropped_exports",
        "inbox_due",
        "discovery_requested",
        "qr_requested",
        "media_due",
        "pictures_due",
        "speech_due",
        "imported",
        "search_backlog",
        "failures",
        "dead_runs",
        "old_ticks",
    }
    assert all(sensor.default_status == dg.DefaultSensorStatus.RUNNING for sensor in repository.sensor_defs)
    assert {schedule.name for schedule in repository.schedule_defs} == {
        "retry_failed_media",
        "daily_discovery",
        "nightly_verify",
        "inbox_retention",
        "run_retention",
    }
    assert all(each.default_status == dg.DefaultScheduleStatus.RUNNING for each in repository.schedule_defs)


def test_each_asset_says_what_it_is(loaded: dg.Definitions) -> None:
    for spec in loaded.resolve_all_asset_specs():
        assert spec.description
        assert spec.group_name != "default"
        assert spec.owners
        assert spec.kinds


def test_loading_touches_no_engine_and_no_store() -> None:
    """Every run and every code server pays for what the definitions import."""
    code = (
        "import sys; from wa_pipeline.definitions import defs; defs().get_repository_def();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
