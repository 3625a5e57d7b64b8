"""The engines as the settings ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wa_pipeline.steps.context import Context

if TYPE_CHECKING:
    from wa_pipeline.extract import Extractor


def open_extractor(ctx: Context) -> Extractor:
    """The workers that turn files into text, as a context manager; models load at the first file that needs them."""
    from wa_pipeline.extract import Extractor

    settings = ctx.settings
    return Extractor(
        ocr=settings.ocr,
        languages=settings.ocr_languages,
        model=settings.asr_model,
        speech_languages=settings.speech_languages,
    )
