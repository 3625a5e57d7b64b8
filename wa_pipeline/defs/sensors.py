"""What makes media move on by itself.

A tick asks the archive first and Dagster only when something is due: opening Dagster's instance costs a tick more than
all the rest of it.
"""

import json
import time
from typing import Literal

import dagster as dg

from wa_pipeline.defs.busy import reason_to_wait
from wa_pipeline.defs.jobs import FOLLOW_TAG
from wa_pipeline.defs.resources import Archive

# As often as Dagster's own loop comes round, which is every 5 seconds: words of a voice note wait for two of these.
INTERVAL = 1
LOOK_AGAIN_SECONDS = 3600.0
RUNNING = dg.DefaultSensorStatus.RUNNING
UNPROBED_SHOWN = 200
FOLLOWING = {FOLLOW_TAG: "yes"}


def _queue_sensor(name: str, job: str, step: Literal["ocr", "asr"], words: str) -> dg.SensorDefinition:
    @dg.sensor(
        name=name,
        job_name=job,
        minimum_interval_seconds=INTERVAL,
        default_status=RUNNING,
        description=f"Starts a run when {words} and none is at it. Counts only what is due at this moment.",
    )
    def due(context: dg.SensorEvaluationContext, archive: dg.ResourceParam[Archive]) -> dg.RunRequest | dg.SkipReason:
        from wa_pipeline.archive.queue import counts

        with archive.glance() as conn:
            waiting = counts(conn, step)
        if not waiting.due:
            return dg.SkipReason(f"nothing is due ({waiting.pending} pending, {waiting.failed} failed)")
        wait = reason_to_wait(context.instance, [step, "enrich"])
        return dg.SkipReason(f"{waiting.due} due; {wait}") if wait else dg.RunRequest(tags=FOLLOWING)

    return due


pictures_due = _queue_sensor("pictures_due", "read_pictures", "ocr", "pictures or documents are due to be read")
speech_due = _queue_sensor("speech_due", "hear_speech", "asr", "recordings are due to be heard")


@dg.sensor(job_name="complete_media", minimum_interval_seconds=INTERVAL, default_status=RUNNING)
def media_due(
    context: dg.SensorEvaluationContext, archive: dg.ResourceParam[Archive]
) -> dg.SensorResult | dg.SkipReason:
    """Starts a run when media waits to be fetched or looked into and none is at it.

    Files that could not be looked into stay as they were, so the same ones are asked for again only after an hour.
    """
    from wa_pipeline.archive import media_fetch
    from wa_pipeline.archive.media import unprobed

    with archive.glance() as conn:
        due, pending = media_fetch.counts(conn)
        ids = sorted(str(media.id) for media in unprobed(conn, UNPROBED_SHOWN))
    asked = json.loads(context.cursor or "{}")
    if not due and not ids:
        return dg.SkipReason("nothing waits to be looked into" + (f"; {pending} downloads wait" if pending else ""))
    if not due and set(ids) <= set(asked.get("ids", ())) and time.time() - asked.get("at", 0) < LOOK_AGAIN_SECONDS:
        return dg.SkipReason(f"{len(ids)} files could not be looked into; they are tried again after an hour")
    if wait := reason_to_wait(context.instance, ["media", "enrich"]):
        return dg.SkipReason(wait)
    cursor = json.dumps({"ids": ids, "at": time.time()})
    return dg.SensorResult(run_requests=[dg.RunRequest(tags=FOLLOWING)], cursor=cursor)
