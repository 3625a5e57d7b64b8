"""What happens by the clock (UTC)."""

import dagster as dg

from wa_pipeline.defs.busy import reason_to_wait
from wa_pipeline.defs.resources import Archive

RUNNING = dg.DefaultScheduleStatus.RUNNING


@dg.schedule(job_name="enrich", cron_schedule="17 * * * *", default_status=RUNNING)
def retry_failed_media(
    context: dg.ScheduleEvaluationContext, archive: dg.ResourceParam[Archive]
) -> dg.RunRequest | dg.SkipReason:
    """Every hour: another try for media whose failure may pass (a store out of reach, a worker killed) and whose time
    has come. What failed for good waits for `wa retry`."""
    from wa_pipeline.archive.queue import counts

    wait = reason_to_wait(context.instance, ["media", "ocr", "asr", "enrich"])
    if wait:
        return dg.SkipReason(wait)
    with archive.open() as ctx, ctx.connect() as conn:
        due = counts(conn, "ocr").due + counts(conn, "asr").due
    return dg.RunRequest() if due else dg.SkipReason("nothing is due")


nightly_verify = dg.ScheduleDefinition(
    name="nightly_verify",
    job_name="verify",
    cron_schedule="30 3 * * *",
    default_status=RUNNING,
    description="Every night: every check, the comparison of the live schema with the migrations among them.",
)
