"""The OCR engines of one worker, as WA_OCR chooses them: one of them, or the second where the first is unsure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wa_pipeline.extract.cascade import reconsider
from wa_pipeline.extract.deskew import turned
from wa_pipeline.extract.images import marks, prepare
from wa_pipeline.extract.installed import Tesseract, find_tesseract
from wa_pipeline.extract.rapid import Rapid, crop
from wa_pipeline.extract.results import OcrName
from wa_pipeline.extract.scripts import BY_RAPIDOCR, LANGUAGES
from wa_pipeline.extract.tesseract import Line, Page, PagesLost, lines_of, marks_of, read_lines, read_pages

if TYPE_CHECKING:
    from PIL import Image

    from wa_pipeline.extract.rapid import Boxes, Pixels

_NOTHING = Page("", None, ())


class Together(NamedTuple):
    """What a file's pictures say together; confidence is the mean over the letters, None without any."""

    text: str
    confidence: float | None


class Engines:
    """`scratch`: a folder for what outlasts one batch; needed to read with data from several places.

    `EngineMissing` when a picture needs what is not there.
    """

    def __init__(self, ocr: OcrName, languages: str, scratch: Path | None = None) -> None:
        self._ocr = ocr
        self._languages = languages
        self._scratch = scratch

    @cached_property
    def _tesseract(self) -> Tesseract:
        return find_tesseract(self._languages, self._scratch)

    @cached_property
    def _rapid(self) -> Rapid:
        return Rapid()

    def lay(self, gray: Image.Image, path: Path) -> Path:
        """The picture prepared and written to `path` and beside it, as the engines take it."""
        clear, angle = prepare(gray)
        clear.save(path, format="PPM")
        if self._ocr != "tesseract":
            turned(gray, angle).save(_plain_of(path), format="PPM")
        elif closer := marks(gray):
            # RapidOCR finds captions by itself.
            closer.save(marks_of(path), format="PPM")
        return path

    def pages(self, laid: Sequence[Path], folder: Path, script: str | None, seconds: float) -> list[Page]:
        """What Tesseract makes of each picture; nothing where it is not asked. Raises `PagesLost` as `read_pages`."""
        if not laid or not self._asks_tesseract(script):
            return [_NOTHING] * len(laid)
        return read_pages(self._tesseract.reading(script), laid, folder, seconds)

    def reading(self, laid: Path, page: Page, folder: Path, script: str | None, seconds: float) -> list[Line]:
        """The words of one picture, once every engine that is to see it has seen it."""
        if self._ocr == "tesseract":
            return lines_of(page)
        import numpy as np
        from PIL import Image

        def by_tesseract(picture: Pixels, boxes: Sequence[Boxes]) -> list[Line]:
            paths: list[Path] = []
            for number, box in enumerate(boxes):
                piece = Image.fromarray(crop(picture, box))
                # Once as it is and once its brightest marks, as captions are; what it is surer of counts.
                for look in (piece, marks(piece, most=1.0) or piece):
                    paths.append(folder / f"line-{number}-{len(paths)}.pgm")
                    look.save(paths[-1], format="PPM")
            try:
                found = read_lines(self._tesseract.reading(script), paths, folder, seconds)
            except PagesLost:
                return [Line("", 0.0)] * len(boxes)
            lines = [Line(one.text.replace("\n", " "), one.confidence or 0.0) for one in found]
            return [max(pair, key=lambda line: line.confidence) for pair in zip(lines[::2], lines[1::2], strict=True)]

        with Image.open(_plain_of(laid)) as picture:
            pixels = np.asarray(picture)
        alone = self._ocr == "rapidocr"
        return reconsider(pixels, page, self._rapid, None if alone else script, None if alone else by_tesseract)

    def named(self, script: str | None) -> tuple[str, str]:
        """(names, versions) of the engines that read a picture of this script, for the record."""
        parts = []
        if self._asks_tesseract(script):
            engine = self._tesseract.reading(script)
            parts.append(("tesseract", f"{engine.version} {engine.lang}"))
        if self._ocr != "tesseract":
            parts.append(("rapidocr", self._rapid.version))
        return "+".join(name for name, _ in parts), "; ".join(its_version for _, its_version in parts)

    def _asks_tesseract(self, script: str | None) -> bool:
        """Of a script without data Tesseract sees next to nothing, at great length: RapidOCR's own is left to it."""
        if self._ocr == "cascade" and script in BY_RAPIDOCR:
            return not LANGUAGES.get(script) or self._tesseract.reading(script) is not self._tesseract
        return self._ocr != "rapidocr"

    def names(self) -> frozenset[tuple[str, str]]:
        """Every outcome of `named`."""
        return frozenset(self.named(script) for script in (None, *LANGUAGES))


def _plain_of(laid: Path) -> Path:
    return laid.with_name(f"{laid.stem}-plain.pgm")


def together(readings: Sequence[Sequence[Line]]) -> Together:
    """The lines of a file's pictures as one text; of several pictures each once, as frames repeat what stands still."""
    lines = [line for reading in readings for line in reading]
    if len(readings) > 1:
        lines = list({line.text: line for line in lines}.values())
    letters = sum(len(line.text) for line in lines)
    confidence = round(sum(line.confidence * len(line.text) for line in lines) / letters, 4) if letters else None
    return Together("\n".join(line.text for line in lines), confidence)
