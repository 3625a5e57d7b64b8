"""A job run by a command is recorded on the real instance, over the real dagster-postgres."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import psycopg
import pytest

from wa_pipeline.errors import DagsterUnreachable, ExportUnknown
from wa_pipeline.recorded import open_instance, run_job
from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context, open_context
from wa_pipeline.steps.exports import register_export


def test_an_event_is_really_written(ctx: Context, empty_database_url: str) -> None:
    run = run_job(ctx, "migrate")
    assert run.metadata["wa_media_bucket"]["public"] is False
    with psycopg.connect(empty_database_url) as conn:
        kinds = conn.execute(
            "select dagster_event_type from event_logs where run_id = %s order by id", (run.run_id,)
        ).fetchall()
        status = conn.execute("select status from runs where run_id = %s", (run.run_id,)).fetchone()
    assert [kind for (kind,) in kinds].count("ASSET_MATERIALIZATION") == 2
    assert status == ("SUCCESS",)


def test_an_import_is_a_partition_with_its_counts(ctx: Context, export: Path) -> None:
    key = register_export(ctx, export, tz="Europe/London")
    told: list[object] = []
    run = run_job(ctx, "import_export", partition_key=key, progress=told.append)
    assert run.metadata["chat_exports"]["messages"] == 4
    assert run.checks == {"duplicate_wa_msg_id": True}
    with open_instance(ctx) as instance:
        assert instance.get_dynamic_partitions("chat_exports") == [key]
        done = instance.get_materialized_partitions(dg.AssetKey("chat_exports"))
    assert done == {key}
    again = run_job(ctx, "import_export", partition_key=key)
    assert (again.metadata["chat_exports"]["inserted"], again.metadata["chat_exports"]["duplicates"]) == (0, 4)


def test_no_message_text_reaches_dagster(ctx: Context, export: Path, empty_database_url: str) -> None:
    """Its event log keeps everything for ever."""
    key = register_export(ctx, export, tz="Europe/London")
    run_job(ctx, "import_export", partition_key=key)
    run_job(ctx, "verify")
    with psycopg.connect(empty_database_url) as conn:
        found = conn.execute("select count(*) from event_logs where event like '%under the pot%'").fetchone()
    assert found == (0,)


def test_a_failing_step_raises_its_own_sentence(ctx: Context) -> None:
    with pytest.raises(ExportUnknown):
        run_job(ctx, "import_export", partition_key="nothing-0123456789ab")
    with open_instance(ctx) as instance:
        (run,) = instance.get_runs()
        assert run.status == dg.DagsterRunStatus.FAILURE


def test_every_check_passes_but_for_what_has_no_data(ctx: Context) -> None:
    run = run_job(ctx, "verify")
    without_data = {"api_signed_url", "inbox_interpreted", "no_secret_kept"}
    assert {name for name, passed in run.checks.items() if not passed} == without_data


def test_the_home_follows_the_repository_unless_it_is_the_users_own(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wa_pipeline.instance.home import CONFIG, prepare_home

    ours = prepare_home(settings) / "dagster.yaml"
    ours.write_text("# an older version\n")
    prepare_home(settings)
    assert ours.read_bytes() == CONFIG.read_bytes()

    theirs = tmp_path / "own" / "dagster.yaml"
    theirs.parent.mkdir()
    theirs.write_text("# mine\n")
    monkeypatch.setenv("DAGSTER_HOME", str(theirs.parent))
    prepare_home(Settings())
    assert theirs.read_text() == "# mine\n"


def test_a_dagster_database_out_of_reach_is_one_sentence(
    wa_home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DAGSTER_PG_URL", "postgresql://me:hidden@127.0.0.1:1/nowhere")
    with open_context(Settings()) as ctx, pytest.raises(DagsterUnreachable, match=r"127\.0\.0\.1:1/nowhere") as told:
        run_job(ctx, "migrate")
    assert "hidden" not in str(told.value)
