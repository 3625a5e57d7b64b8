"""Media files, and the words found in them."""

from typing import Literal

import dagster as dg

from wa_pipeline.defs.following import following
from wa_pipeline.defs.reports import Observer, bars, in_console, metadata, tenths, times
from wa_pipeline.defs.resources import Archive

GROUP = "media"
OCR_POOL, SPEECH_POOL = "ocr", "speech"


@dg.asset(group_name=GROUP, deps=["chat_exports", "messages"], kinds={"postgres", "storage"}, owners=["team:archive"])
def media_files(context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]) -> dg.MaterializeResult[None]:
    """Every media file fetched, stored by content, and looked into: type, size, dimensions, length, picture hash."""
    from wa_pipeline.steps.media import complete_media

    with archive.open(run_id=context.run.run_id) as ctx:
        report = complete_media(ctx, Observer(context, archive.progress), following(context))
    return dg.MaterializeResult(metadata=metadata(report) | in_console(ctx.settings, "/gallery"))


@dg.asset(group_name=GROUP, deps=["media_files"], pool=OCR_POOL, kinds={"tesseract"}, owners=["team:archive"])
def ocr_text(context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]) -> dg.MaterializeResult[None]:
    """Words in pictures, stickers and documents, read from every file whose turn it is."""
    return _enrich(context, archive, "ocr")


@dg.asset(group_name=GROUP, deps=["media_files"], pool=SPEECH_POOL, kinds={"whisper"}, owners=["team:archive"])
def asr_text(context: dg.AssetExecutionContext, archive: dg.ResourceParam[Archive]) -> dg.MaterializeResult[None]:
    """Words spoken in voice notes and videos, heard in every file whose turn it is."""
    return _enrich(context, archive, "asr")


def _enrich(
    context: dg.AssetExecutionContext, archive: Archive, step: Literal["ocr", "asr"]
) -> dg.MaterializeResult[None]:
    from wa_pipeline.steps.enrich import enrich

    with archive.open(run_id=context.run.run_id) as ctx:
        report = enrich(ctx, step, Observer(context, archive.progress), following=following(context))
    shown = metadata(report, leave_out=["confidence", "slowest"])
    shown["files_per_s"] = dg.MetadataValue.float(round(report.files_per_s, 3))
    if report.real_time_factor is not None:
        shown["real_time_factor"] = dg.MetadataValue.float(round(report.real_time_factor, 4))
    if report.slowest:
        shown["slowest"] = times(report.slowest)
    if report.confidence:
        shown["confidence"] = bars("Files by the engine's confidence", tenths(report.confidence))
    page = "/gallery?kind=audio" if step == "asr" else "/gallery"
    return dg.MaterializeResult(metadata=shown | in_console(ctx.settings, page))
