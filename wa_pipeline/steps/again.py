"""Texts that another engine or version has read, read again."""

from __future__ import annotations

from collections.abc import Collection

from wa_pipeline.archive import queue
from wa_pipeline.archive.queue import Step
from wa_pipeline.steps.context import Context


def read_again(ctx: Context, steps: Collection[Step]) -> int:
    """Make due what was not read by the engines this machine has; how many files. Nothing is lost meanwhile: the text
    that is there stays until the new one is, and remains where the new attempt fails. Raises `EngineMissing`."""
    from wa_pipeline.extract import current_engines

    settings = ctx.settings
    current = {
        step: current_engines(step, settings.ocr_languages, settings.asr_model, settings.ocr)
        for step in sorted(set(steps))
    }
    with ctx.connect() as conn:
        return sum(queue.read_again(conn, step, engines) for step, engines in current.items())
