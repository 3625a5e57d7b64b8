"""What is forgotten, and when: the inbox's contents and Dagster's own history."""

from datetime import timedelta

import dagster as dg

from wa_pipeline.defs.reports import metadata
from wa_pipeline.defs.resources import Archive

TICKS_KEPT = timedelta(hours=2)
DAILY = dg.DefaultScheduleStatus.RUNNING


@dg.op(out=dg.Out(dg.Nothing))
def forget_contents(context: dg.OpExecutionContext, archive: dg.ResourceParam[Archive]) -> None:
    """Removes the contents of inbox rows after WA_KEEP_INBOX_DAYS, of unmonitored groups' after
    WA_KEEP_UNMONITORED_DAYS."""
    from wa_pipeline.archive.retention import forget

    with archive.open(run_id=context.run.run_id) as ctx, ctx.connect() as conn:
        days = {"inbox_days": ctx.settings.keep_inbox_days, "unmonitored_days": ctx.settings.keep_unmonitored_days}
        forgotten = forget(conn, **days)
    context.add_output_metadata({**metadata(forgotten), **days})


@dg.op(out=dg.Out(dg.Nothing))
def prune_history(context: dg.OpExecutionContext, archive: dg.ResourceParam[Archive]) -> None:
    """Deletes runs older than WA_KEEP_RUNS_DAYS with their events, check results and folders, but for those that hold
    a partition's newest materialisation."""
    from wa_pipeline.archive import processes
    from wa_pipeline.instance.pruning import prune_runs

    with archive.open(run_id=context.run.run_id) as ctx, ctx.connect() as conn:
        days = ctx.settings.keep_runs_days
        pruned = prune_runs(context.instance, older_than_days=days)
        marks = processes.forget(conn, older_than_days=days)
    context.add_output_metadata({**metadata(pruned), "process_marks": marks, "runs_days": days})


@dg.job(description="Forget the contents of inbox rows whose time is over.")
def forget_inbox() -> None:
    forget_contents()


@dg.job(description="Delete old runs with all they left in Dagster's database.")
def forget_runs() -> None:
    prune_history()


inbox_retention = dg.ScheduleDefinition(
    name="inbox_retention",
    job=forget_inbox,
    cron_schedule="40 3 * * *",
    default_status=DAILY,
    description="Every night: the inbox forgets the contents of rows whose time is over.",
)
run_retention = dg.ScheduleDefinition(
    name="run_retention",
    job=forget_runs,
    cron_schedule="50 3 * * *",
    default_status=DAILY,
    description="Every night: Dagster forgets runs whose time is over.",
)


@dg.sensor(minimum_interval_seconds=600, default_status=dg.DefaultSensorStatus.RUNNING)
def old_ticks(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Deletes ticks that asked for nothing after two hours. A tick of its own, not a run: it would leave more than it
    takes."""
    from wa_pipeline.instance.pruning import prune_skipped_ticks

    deleted = prune_skipped_ticks(context.instance, older_than=TICKS_KEPT)
    return dg.SkipReason(f"{deleted} skipped ticks older than two hours were deleted")
