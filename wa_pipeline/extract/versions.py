"""What the engines of this machine call themselves in their results, so that texts of others can be told apart."""

from __future__ import annotations

from importlib.metadata import version

from wa_pipeline.extract.model import find_model
from wa_pipeline.extract.results import Step
from wa_pipeline.extract.speech import ENGINE, speech_version
from wa_pipeline.extract.tesseract import find_tesseract

_LIBRARIES = ("pypdfium2", "python-docx", "openpyxl", "python-pptx")


def current_engines(step: Step, languages: str, model: str | None) -> frozenset[tuple[str, str]]:
    """Every (engine, version) a text of this step can bear when it is read here; arguments as for `Extractor`.

    `EngineMissing` when there is no engine: then nothing could be read anew.
    """
    if step == "asr":
        return frozenset({(ENGINE, speech_version(find_model(model)))})
    tesseract = find_tesseract(languages)
    pdf = version("pypdfium2")
    return frozenset(
        {
            ("tesseract", f"{tesseract.version} {tesseract.lang}"),
            ("pypdfium2+tesseract", f"{pdf}+{tesseract.version}"),
            ("text", "1"),
            *((library, version(library)) for library in _LIBRARIES),
        }
    )
