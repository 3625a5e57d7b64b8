"""Groups and the session, as the gateway tells of them: when somebody asks, and the groups once a day."""

import dagster as dg

from wa_pipeline.defs.asking import answer_request, asked
from wa_pipeline.defs.busy import reason_to_wait
from wa_pipeline.defs.reports import in_console, metadata
from wa_pipeline.defs.resources import Archive

RUNNING = dg.DefaultSensorStatus.RUNNING
DISCOVER, QR = "discover", "qr"


@dg.asset(group_name="whatsapp", deps=["schema"], kinds={"postgres", "whatsapp"}, owners=["team:archive"])
def groups(context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]) -> dg.MaterializeResult[None]:
    """The groups of the account and their names, asked of the gateway in one go; without one, those already heard of.
    Which are monitored is never touched."""
    from wa_pipeline.steps.discover import discover

    with archive.open(run_id=context.run.run_id) as ctx:
        report = discover(ctx, requested_at=asked(context))
    return dg.MaterializeResult(metadata=metadata(report) | in_console(ctx.settings, "/groups"))


@dg.asset(group_name="whatsapp", deps=["schema"], kinds={"postgres", "whatsapp"}, owners=["team:archive"])
def wa_session(context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]) -> dg.MaterializeResult[None]:
    """How the session stands, and the gateway's QR code to scan, for whoever looks at the console."""
    from wa_pipeline.steps.session import refresh_qr

    with archive.open(run_id=context.run.run_id) as ctx:
        report = refresh_qr(ctx, requested_at=asked(context))
    return dg.MaterializeResult(metadata=metadata(report) | in_console(ctx.settings, "/session"))


@dg.sensor(job_name="discover_groups", minimum_interval_seconds=1, default_status=RUNNING)
def discovery_requested(
    context: dg.SensorEvaluationContext, archive: dg.ResourceParam[Archive]
) -> dg.RunRequest | dg.SkipReason:
    """A run of `groups` for each request in `fetch_groups_requested`."""
    from wa_pipeline.archive.flags import FETCH_GROUPS

    return answer_request(context, archive, flag=FETCH_GROUPS, step=DISCOVER)


@dg.sensor(job_name="refresh_qr", minimum_interval_seconds=1, default_status=RUNNING)
def qr_requested(
    context: dg.SensorEvaluationContext, archive: dg.ResourceParam[Archive]
) -> dg.RunRequest | dg.SkipReason:
    """A run of `wa_session` for each request in `wa_refresh_qr_requested`."""
    from wa_pipeline.archive.flags import REFRESH_QR

    return answer_request(context, archive, flag=REFRESH_QR, step=QR)


@dg.schedule(job_name="discover_groups", cron_schedule="10 4 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def daily_discovery(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Every day: the groups and their names, as the gateway has them."""
    wait = reason_to_wait(context.instance, [DISCOVER])
    return dg.SkipReason(wait) if wait else dg.RunRequest()
