"""Whether a sensor may ask for a run now.

A sensor that drains a queue cannot use run keys: a key that repeats after a failed run is dropped silently. It looks
instead at the runs there are.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES, RunRecord

from wa_pipeline.defs.jobs import STEP_TAG

AFTER_FAILURE_SECONDS = 600.0


def reason_to_wait(
    instance: dg.DagsterInstance, steps: Sequence[str], *, rest_s: float = AFTER_FAILURE_SECONDS
) -> str | None:
    """Why no run of these steps should be asked for: one is queued or going, or the last one failed less than `rest_s`
    seconds ago."""
    tags = {STEP_TAG: list(steps)}
    going = instance.get_run_records(dg.RunsFilter(tags=tags, statuses=list(IN_PROGRESS_RUN_STATUSES)), limit=1)
    if going:
        return f"run {going[0].dagster_run.run_id[:8]} is at it"
    left = _rest_after_failure(instance.get_run_records(dg.RunsFilter(tags=tags), limit=1), rest_s)
    return f"the last run failed; the next is tried in {left:.0f} s" if left > 0 else None


def reason_to_wait_for(instance: dg.DagsterInstance, export_key: str, *, tries: int | None = None) -> str | None:
    """Why no run of this export should be asked for; with `tries`, also that so many have failed already."""
    records = instance.get_run_records(dg.RunsFilter(tags={"dagster/partition": export_key}), limit=20)
    statuses = [record.dagster_run.status for record in records]
    if any(status in IN_PROGRESS_RUN_STATUSES for status in statuses):
        return "is being imported"
    if tries and statuses.count(dg.DagsterRunStatus.FAILURE) >= tries:
        return f"was cut off {tries} times: `wa retry` tries again"
    left = 0 if tries else _rest_after_failure(records)
    return f"failed; it is tried again in {left:.0f} s" if left > 0 else None


def _rest_after_failure(latest_first: Sequence[RunRecord], rest_s: float = AFTER_FAILURE_SECONDS) -> float:
    """Seconds to wait after a run that failed, so that one cause does not make a run every few seconds."""
    if not latest_first or latest_first[0].dagster_run.status != dg.DagsterRunStatus.FAILURE:
        return 0.0
    return (latest_first[0].end_time or 0.0) + rest_s - time.time()
