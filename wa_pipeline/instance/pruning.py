"""Dagster's history kept within bounds: runs, what they logged, and the ticks that led to none.

Dagster deletes a run only when told to, and leaves its check results and its folder behind even then.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg
    from sqlalchemy import Select

RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Pruned:
    """What was removed: runs with their events, rows of check results, folders; and the old runs that were kept."""

    runs: int
    check_results: int
    folders: int
    kept_for_their_asset: int


def prune_runs(instance: dg.DagsterInstance, *, older_than_days: int) -> Pruned:
    """Delete the finished runs created before then, with all they left.

    A run that holds the newest materialisation of an asset's partition, or of an asset without partitions, or the
    newest result of a check, is kept: without it the partition would look as if it had never been made.
    """
    import dagster as dg
    from dagster._core.storage.dagster_run import FINISHED_STATUSES

    before = datetime.now(UTC) - timedelta(days=older_than_days)
    over = instance.get_run_ids(dg.RunsFilter(statuses=list(FINISHED_STATUSES), created_before=before))
    needed = _needed(instance)
    unneeded = [run_id for run_id in over if run_id not in needed]
    check_results = folders = 0
    for run_id in unneeded:
        instance.delete_run(run_id)
        check_results += _delete_check_results(instance, run_id)
        if folder := _folder(instance, run_id):
            shutil.rmtree(folder, ignore_errors=True)
            folders += 1
    return Pruned(len(unneeded), check_results, folders, len(over) - len(unneeded))


def prune_skipped_ticks(instance: dg.DagsterInstance, *, older_than: timedelta) -> int:
    """Delete ticks that asked for nothing; returns how many.

    dagster.yaml can keep them for a day at least, which would be a quarter of a million of them.
    """
    from dagster._core.storage.schedules.schema import JobTickTable as ticks

    storage = instance.schedule_storage
    assert storage is not None
    before = datetime.now(UTC) - older_than
    statement = ticks.delete().where(ticks.c.status == "SKIPPED", ticks.c.timestamp < before.replace(tzinfo=None))
    with storage.connect() as conn:  # type: ignore[attr-defined]
        return int(conn.execute(statement).rowcount)


def _needed(instance: dg.DagsterInstance) -> set[str]:
    """The runs whose events the assets still stand on."""
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as checks
    from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as events
    from sqlalchemy import func, select

    newest = (
        select(func.max(events.c.id))
        .where(events.c.dagster_event_type == "ASSET_MATERIALIZATION", events.c.asset_key.is_not(None))
        .group_by(events.c.asset_key, events.c.partition)
    )
    judged = select(func.max(checks.c.id)).group_by(checks.c.asset_key, checks.c.check_name, checks.c.partition)
    of_assets: Select[tuple[str]] = select(events.c.run_id).where(events.c.id.in_(newest))
    of_checks: Select[tuple[str]] = select(checks.c.run_id).where(checks.c.id.in_(judged))
    with instance.event_log_storage.index_connection() as conn:  # type: ignore[attr-defined]
        return {row[0] for statement in (of_assets, of_checks) for row in conn.execute(statement)}


def _delete_check_results(instance: dg.DagsterInstance, run_id: str) -> int:
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as checks

    with instance.event_log_storage.index_connection() as conn:  # type: ignore[attr-defined]
        return int(conn.execute(checks.delete().where(checks.c.run_id == run_id)).rowcount)


def _folder(instance: dg.DagsterInstance, run_id: str) -> Path | None:
    """The run's folder under DAGSTER_HOME, where its steps leave what they hand on and what they printed."""
    if not RUN_ID.fullmatch(run_id):
        return None
    folder = Path(instance.storage_directory()) / run_id
    return folder if folder.is_dir() else None
