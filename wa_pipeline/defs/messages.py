"""Live messages: one partition a day of arrival (UTC), and the sensor that keeps up with the inbox."""

import warnings
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from wa_pipeline.defs.busy import reason_to_wait
from wa_pipeline.defs.jobs import DUE_TAG, FOLLOW_TAG
from wa_pipeline.defs.listening import listened
from wa_pipeline.defs.reports import Observer, in_console, metadata, shown
from wa_pipeline.defs.resources import Archive

if TYPE_CHECKING:
    from wa_pipeline.steps.context import Context
    from wa_pipeline.steps.interpret import InterpretReport

# Without the offset today would not exist. What came before the first day, by a clock that was wrong, is interpreted
# like everything else; only no partition replays it.
FIRST_DAY = "2026-01-01"
DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, end_offset=1)
# Many days as one run is marked as beta in Dagster, and every process that loads this would say so.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)
REST_AFTER_FAILURE_SECONDS = 60.0
EXPIRED = "payloads expired: nothing is left to interpret, and nothing was changed"


@dg.asset(
    group_name="messages",
    deps=["schema"],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    kinds={"postgres", "whatsapp"},
    owners=["team:archive"],
)
def messages(context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]) -> dg.MaterializeResult[None]:
    """Live messages, by the day they arrived. The sensor's runs take what is due; materialising a day interprets all
    its arrivals again, with the program as it is, and changes only what is not right."""
    from wa_pipeline.steps.search_index import fill

    with archive.open(run_id=context.run.run_id) as ctx:
        take = _take_due if DUE_TAG in context.run.tags else _interpret_days
        result = take(context, ctx, archive)
        fill(ctx)
    return result


def _take_due(context: dg.AssetExecutionContext, ctx: "Context", archive: Archive) -> dg.MaterializeResult[None]:
    from wa_pipeline.steps.interpret import Drain, interpret

    follow = FOLLOW_TAG in context.run.tags
    report = interpret(ctx, drain=Drain() if follow else None, progress=archive.progress)
    if ctx.settings.keep_unmonitored_days == 0:
        _drop_unmonitored(ctx)
    own = date.fromisoformat(context.partition_key)
    for day, rows in sorted(report.partitions.items()):
        if day != own and DAYS.has_partition_key(day.isoformat()):
            counts = shown({"rows": rows}) | _day(ctx, day)
            context.log_event(dg.AssetMaterialization(context.asset_key, partition=day.isoformat(), metadata=counts))
    return dg.MaterializeResult(metadata=_shown(report) | _day(ctx, own))


def _drop_unmonitored(ctx: "Context") -> None:
    """Nothing of groups nobody monitors is to be kept, so it goes as soon as it is known for what it is."""
    from wa_pipeline.archive.retention import forget_unmonitored

    with ctx.connect() as conn:
        forget_unmonitored(conn, days=0)


def _interpret_days(context: dg.AssetExecutionContext, ctx: "Context", archive: Archive) -> dg.MaterializeResult[None]:
    """Each day of the run's range, oldest first; each partition shows its own counts."""
    from wa_pipeline.steps.interpret import interpret

    observer = Observer(context, archive.progress)
    for key in context.partition_keys:
        day = date.fromisoformat(key)
        report = interpret(ctx, day=day, progress=observer)
        context.add_asset_metadata(_shown(report) | _day(ctx, day), partition_key=key)
    return dg.MaterializeResult()


def _shown(report: "InterpretReport") -> dict[str, dg.MetadataValue]:
    """The report, its reasons as a table."""
    values: dict[str, dg.MetadataValue] = dict(metadata(report, leave_out=["skipped", "partitions"]))
    reasons = sorted(report.skipped.items(), key=lambda item: -item[1])
    values["skipped"] = dg.MetadataValue.int(sum(report.skipped.values()))
    if reasons:
        records = [dg.TableRecord({"reason": reason, "times": times}) for reason, times in reasons]
        columns = [dg.TableColumn("reason", "string"), dg.TableColumn("times", "int")]
        values["skipped_by_reason"] = dg.MetadataValue.table(records, schema=dg.TableSchema(columns))
    return values


def _day(ctx: "Context", day: date) -> dict[str, dg.MetadataValue]:
    """What all of the day's deliveries have become by now, and where the messages of that day are seen."""
    from wa_pipeline.archive.inbox_days import day_of_inbox

    with ctx.connect() as conn:
        found = day_of_inbox(conn, day)
    counts: dict[str, object] = {f"day_{name}": number for name, number in vars(found).items()}
    if found.deliveries and not found.can_be_replayed:
        counts["note"] = EXPIRED
    return shown(counts) | in_console(ctx.settings, f"/?since={day}&until={day + timedelta(days=1)}")


@dg.sensor(job_name="ingest", minimum_interval_seconds=1, default_status=dg.DefaultSensorStatus.RUNNING)
def inbox_due(context: dg.SensorEvaluationContext, archive: dg.ResourceParam[Archive]) -> dg.RunRequest | dg.SkipReason:
    """Starts a run when deliveries are due or come within some seconds and none is at it: new ones, and earlier ones
    whose group is monitored by now or whose message has come."""
    from wa_pipeline.archive.inbox_due import due_days

    with archive.glance() as conn:
        due = listened(context, lambda: due_days(conn))
    if not due:
        return dg.SkipReason("nothing in the inbox is due")
    total = sum(due.values())
    if wait := reason_to_wait(context.instance, ["ingest"], rest_s=REST_AFTER_FAILURE_SECONDS):
        return dg.SkipReason(f"{total} due; {wait}")
    # One run takes them all and is shown under the newest of their days. A day that is no partition would raise.
    days = [day.isoformat() for day in due if DAYS.has_partition_key(day.isoformat())]
    today = datetime.now(UTC).date().isoformat()
    return dg.RunRequest(partition_key=max(days, default=today), tags={FOLLOW_TAG: "yes"})
