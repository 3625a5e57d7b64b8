"""Files dropped into the export folder: each becomes a partition, and a run that imports it."""

import dagster as dg

from wa_pipeline.defs.busy import reason_to_wait_for
from wa_pipeline.defs.exports import EXPORTS
from wa_pipeline.defs.resources import Archive

MAX_TRIES = 3
NAMED = 5


@dg.sensor(job_name="import_export", minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def dropped_exports(
    context: dg.SensorEvaluationContext, archive: dg.ResourceParam[Archive]
) -> dg.SensorResult | dg.SkipReason:
    """Imports what lies in the export folder and is not imported yet; names the files that wait, and for what.

    An import that was cut off is asked for again, three times at most; one that failed for a reason of its own waits
    for `wa retry`.
    """
    from wa_pipeline.steps.exports import register_export, scan_folder

    keys, waiting = [], []
    with archive.open() as ctx:
        for found in scan_folder(ctx):
            if found.done:
                continue
            cut_off = found.reason == "running" or (found.reason or "").startswith("interrupted")
            if not found.ready and not cut_off:
                waiting.append(found.reason or found.path.name)
                continue
            wait = reason_to_wait_for(context.instance, found.export_key, tries=MAX_TRIES if cut_off else None)
            if wait:
                waiting.append(f"{found.path.name} {wait}")
            else:
                register_export(ctx, found.path, tz=found.tz)
                keys.append(found.export_key)
    if not keys:
        more = f" and {len(waiting) - NAMED} more" if len(waiting) > NAMED else ""
        return dg.SkipReason("; ".join(waiting[:NAMED]) + more if waiting else "nothing to import")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(partition_key=key) for key in keys],
        dynamic_partitions_requests=[EXPORTS.build_add_request(keys)],
    )
