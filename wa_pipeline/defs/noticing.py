"""What notices how runs ended: replies after an import, the audit log after a failure, runs whose process died."""

import dagster as dg

from wa_pipeline.defs.jobs import import_export, link_replies
from wa_pipeline.defs.resources import Archive

RUNNING = dg.DefaultSensorStatus.RUNNING


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[import_export],
    request_job=link_replies,
    default_status=RUNNING,
    minimum_interval_seconds=10,
)
def imported(context: dg.RunStatusSensorContext) -> dg.RunRequest:
    """Links replies once an export is imported."""
    return dg.RunRequest(run_key=context.dagster_run.run_id)


@dg.run_failure_sensor(default_status=RUNNING, minimum_interval_seconds=10)
def failures(context: dg.RunFailureSensorContext, archive: dg.ResourceParam[Archive]) -> None:
    """Notes each failed run in the archive's audit log: which, what it worked on, and the sentence it ended with."""
    from wa_pipeline.archive import audit

    run = context.dagster_run
    steps = context.get_step_failure_events()
    said = [_sentence(event) for event in steps] or [context.failure_event.message or "no reason given"]
    detail: dict[str, object] = {"run_id": run.run_id, "job": run.job_name, "reason": said[0]}
    if partition := run.tags.get("dagster/partition"):
        detail["partition"] = partition
    with archive.open() as ctx, ctx.connect() as conn:
        audit.log(conn, "error", detail)


def _sentence(event: dg.DagsterEvent) -> str:
    """What a step that failed has to say. Only our own sentences are kept: any other message may quote a row."""
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    kind = failure.error.cls_name if failure.error else None
    return f"{event.step_key} failed with {kind or 'an error'}"


@dg.sensor(minimum_interval_seconds=60, default_status=RUNNING)
def dead_runs(context: dg.SensorEvaluationContext, archive: dg.ResourceParam[Archive]) -> dg.SkipReason:
    """Fails runs of this host whose process was killed, so that they hold no pool slot and show what became of them."""
    from wa_pipeline.instance.orphans import reconcile

    with archive.open() as ctx, ctx.connect() as conn:
        failed = reconcile(context.instance, conn)
    return dg.SkipReason(f"{len(failed)} runs had lost their process" if failed else "every run has its process")
