"""Requests that people leave in runtime_flags, turned into runs: one for each request, another only where that failed.

The run key is the request's own time, so that a tick that is repeated, by a daemon that was killed or a second one,
brings no second run. A key that repeats is dropped silently, though, so another try after a failure has its own.
"""

from __future__ import annotations

import time

import dagster as dg

from wa_pipeline.defs.busy import reason_to_wait
from wa_pipeline.defs.jobs import ASKED_TAG, STEP_TAG
from wa_pipeline.defs.listening import listened
from wa_pipeline.defs.resources import Archive

FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 30.0, 3600.0
FAILED = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def asked(context: dg.AssetExecutionContext) -> str | None:
    """The time of the request this run serves; None where nobody's request made it."""
    return context.run.tags.get(ASKED_TAG)


def answer_request(
    context: dg.SensorEvaluationContext, archive: Archive, *, flag: str, step: str
) -> dg.RunRequest | dg.SkipReason:
    """A run for the request that is open or comes within some seconds, or why there is none."""
    from wa_pipeline.archive import flags

    with archive.glance() as conn:
        found = listened(context, lambda: flags.state(conn, flag), enough=lambda state: state and state.pending)
    if found is None:
        return dg.SkipReason("nobody has asked yet")
    if found.at is None:
        return dg.SkipReason(f"{flag} holds no request: its value is to be an object with the time of asking as `at`")
    if found.handled:
        return dg.SkipReason(f"the request of {found.at} was served")
    # Whatever is written meanwhile waits here, and the last of it becomes one run.
    if wait := reason_to_wait(context.instance, [step], rest_s=0):
        return dg.SkipReason(f"asked at {found.at}; {wait}")
    return _next_try(context.instance, found.at, step)


def _next_try(instance: dg.DagsterInstance, at: str, step: str) -> dg.RunRequest | dg.SkipReason:
    tags = {ASKED_TAG: at, STEP_TAG: step}
    records = instance.get_run_records(dg.RunsFilter(tags=tags), limit=50)
    failed = sum(record.dagster_run.status in FAILED for record in records)
    if len(records) > failed:
        return dg.SkipReason(f"the request of {at} was served by run {records[0].dagster_run.run_id[:8]}")
    if failed:
        rest = min(FIRST_REST_SECONDS * 4.0 ** min(failed - 1, 10), LONGEST_REST_SECONDS)
        left = (records[0].end_time or 0.0) + rest - time.time()
        if left > 0:
            return dg.SkipReason(f"asked at {at}; {failed} runs failed, the next try is in {left:.0f} s")
    key = at if not failed else f"{at} try {failed + 1}"
    return dg.RunRequest(run_key=f"{step} {key}", tags={ASKED_TAG: at})
