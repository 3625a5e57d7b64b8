"""The index of the search: what came by the thousand is put into it by a run."""

import dagster as dg

from wa_pipeline.defs.busy import reason_to_wait
from wa_pipeline.defs.jobs import STEP_TAG
from wa_pipeline.defs.reports import Observer, in_console, metadata
from wa_pipeline.defs.resources import Archive

STEP = "index"


class SearchIndexConfig(dg.Config):
    """`rebuild`: compare every row with its message, put right what differs, and build the indexes anew."""

    rebuild: bool = False


@dg.asset(group_name="messages", deps=["chat_exports", "messages"], kinds={"postgres"}, owners=["team:archive"])
def search_index(
    context: dg.AssetExecutionContext, config: SearchIndexConfig, archive: dg.ResourceParam[Archive]
) -> dg.MaterializeResult[None]:
    """One row a message with all its words. Triggers keep it; what came by the thousand waits in a backlog, which is
    searched too, only not as fast."""
    from wa_pipeline.steps import search_index

    with archive.open(run_id=context.run.run_id) as ctx:
        work = search_index.rebuild if config.rebuild else search_index.fill
        report = work(ctx, Observer(context, archive.progress))
    return dg.MaterializeResult(metadata=metadata(report) | in_console(ctx.settings, "/"))


index_messages = dg.define_asset_job(
    "index_messages",
    dg.AssetSelection.assets("search_index").without_checks(),
    tags={STEP_TAG: STEP},
    description="Put what waits into the index of the search, or, with rebuild, build it anew.",
)


@dg.sensor(job_name="index_messages", minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING)
def search_backlog(
    context: dg.SensorEvaluationContext, archive: dg.ResourceParam[Archive]
) -> dg.RunRequest | dg.SkipReason:
    """Starts a run when messages wait to be put into the index and none is at it."""
    from wa_pipeline.archive.search_index import waiting

    with archive.glance() as conn:
        if not waiting(conn):
            return dg.SkipReason("nothing waits to be put into the index")
    wait = reason_to_wait(context.instance, [STEP])
    return dg.SkipReason(wait) if wait else dg.RunRequest()
