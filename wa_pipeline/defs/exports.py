"""Chat exports: one partition per file, imported by a run of its own."""

from urllib.parse import quote

import dagster as dg

from wa_pipeline.defs.reports import Observer, in_console, shown
from wa_pipeline.defs.resources import Archive

EXPORTS = dg.DynamicPartitionsDefinition(name="chat_exports")


@dg.asset(
    group_name="messages",
    deps=["schema", "wa_media_bucket"],
    partitions_def=EXPORTS,
    kinds={"postgres", "whatsapp"},
    owners=["team:archive"],
)
def chat_exports(context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]) -> dg.MaterializeResult[None]:
    """Messages and media of one WhatsApp chat export. The same file again, or one that overlaps it, adds only what is
    not there yet."""
    from wa_pipeline.steps.exports import import_export
    from wa_pipeline.steps.search_index import fill

    with archive.open(run_id=context.run.run_id) as ctx:
        observer = Observer(context, archive.progress)
        report = import_export(ctx, context.partition_key, observer).as_dict()
        report["indexed"] = fill(ctx, observer).indexed
        chat = in_console(ctx.settings, f"/chat?id={quote(str(report['chat_id']), safe='')}")
    return dg.MaterializeResult(metadata=shown(report) | chat)
