"""What the engines of this machine call themselves in their results, so that texts of others can be told apart."""

from __future__ import annotations

from importlib.metadata import version

from wa_pipeline.extract.engines import Engines
from wa_pipeline.extract.model import find_model
from wa_pipeline.extract.results import OcrName, Step
from wa_pipeline.extract.speech import ENGINE, speech_version

_LIBRARIES = ("pypdfium2", "python-docx", "openpyxl", "python-pptx")


def current_engines(
    step: Step, languages: str, model: str | None, ocr: OcrName = "cascade"
) -> frozenset[tuple[str, str]]:
    """Every (engine, version) a text of this step can bear when it is read here; arguments as for `Extractor`.

    `EngineMissing` when there is no engine: then nothing could be read anew.
    """
    if step == "asr":
        return frozenset({(ENGINE, speech_version(find_model(model)))})
    readers = Engines(ocr, languages).names()
    pdf = version("pypdfium2")
    return frozenset(
        {
            *readers,
            *((f"pypdfium2+{engine}", f"{pdf}; {its_version}") for engine, its_version in readers),
            ("text", "1"),
            *((library, version(library)) for library in _LIBRARIES),
        }
    )
