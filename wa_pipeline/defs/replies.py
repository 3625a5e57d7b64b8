"""Which message answers which."""

import dagster as dg

from wa_pipeline.defs.reports import metadata
from wa_pipeline.defs.resources import Archive


@dg.asset(group_name="messages", deps=["chat_exports", "messages"], kinds={"postgres"}, owners=["team:archive"])
def reply_links(context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]) -> dg.MaterializeResult[None]:
    """`parent_id` of every reply whose parent is known by now; one that arrives later is linked the next time."""
    from wa_pipeline.steps.link import link_replies

    with archive.open(run_id=context.run.run_id) as ctx:
        report = link_replies(ctx)
    return dg.MaterializeResult(metadata=metadata(report))
