"""The OCR step inside a worker: pictures through the engine in batches, documents one by one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from wa_pipeline.extract.clean import clean
from wa_pipeline.extract.images import Unreadable, flatten, prepare
from wa_pipeline.extract.messages import Item, Reply, Result, Working
from wa_pipeline.extract.results import Failure, Limits, Text
from wa_pipeline.extract.tesseract import (
    Page,
    PagesLost,
    Tesseract,
    find_tesseract,
    marks_of,
    read_pages,
)

if TYPE_CHECKING:
    from PIL import Image

_FURTHER_SECONDS = 5.0
"""What each further picture of a batch adds to the time the first may take."""
_GRACE = 10.0
"""Seconds by which the worker's own time limit comes before the one that gets it killed."""


class Ocr:
    """The engine of one worker; found when the first picture needs it."""

    def __init__(self, limits: Limits, languages: str) -> None:
        self._limits = limits
        self._languages = languages

    @cached_property
    def engine(self) -> Tesseract:
        return find_tesseract(self._languages)

    def read(self, items: Sequence[Item]) -> Iterator[Reply]:
        """Replies for the items; the pictures among them share an engine process."""
        with TemporaryDirectory(prefix="ocr-") as folder:
            # Documents first: most need no engine, and are done even where there is none.
            for item in items:
                if not item.mime.startswith("image/"):
                    yield Working((item.index,), self._limits.document_seconds)
                    yield Result(item.index, self._document(item, Path(folder)))
            pictures = [item for item in items if item.mime.startswith("image/")]
            yield from self._pictures(pictures, Path(folder))

    def _pictures(self, items: Sequence[Item], folder: Path) -> Iterator[Reply]:
        ready: dict[Item, tuple[Path, float]] = {}
        for item in items:
            yield Working((item.index,), self._limits.ocr_seconds + _GRACE)
            began = time.monotonic()
            target = folder / f"{item.index}.pgm"
            try:
                picture, marks = prepare(item.path, pixels=self._limits.image_pixels)
                picture.save(target, format="PPM")
                if marks is not None:
                    marks.save(marks_of(target), format="PPM")
            except Unreadable as error:
                yield Result(item.index, Failure(str(error), _ms(began)))
                continue
            ready[item] = target, time.monotonic() - began
        if not ready:
            return
        patience = self._limits.ocr_seconds + _FURTHER_SECONDS * (len(ready) - 1)
        yield Working(tuple(item.index for item in ready), patience * 2 + _GRACE)
        began = time.monotonic()
        try:
            pages = read_pages(self.engine, [path for path, _ in ready.values()], folder, patience)
        except PagesLost:
            yield from self._one_by_one(ready, folder)
            return
        share = (time.monotonic() - began) / len(ready)
        for (item, (_, preparing)), page in zip(ready.items(), pages, strict=True):
            yield Result(item.index, self._text(page, round((preparing + share) * 1000)))

    def _one_by_one(self, ready: dict[Item, tuple[Path, float]], folder: Path) -> Iterator[Reply]:
        """After a batch failed: only the picture that is to blame fails."""
        for item, (path, preparing) in ready.items():
            yield Working((item.index,), self._limits.ocr_seconds * 2 + _GRACE)
            began = time.monotonic() - preparing
            try:
                page = read_pages(self.engine, [path], folder, self._limits.ocr_seconds)[0]
            except PagesLost as error:
                yield Result(
                    item.index,
                    Failure(f"Tesseract cannot read it: {error}", _ms(began), "tesseract"),
                )
            else:
                yield Result(item.index, self._text(page, _ms(began)))

    def _document(self, item: Item, folder: Path) -> Text | Failure:
        from wa_pipeline.extract.documents import document_text

        def read_picture(picture: Image.Image) -> tuple[str, float | None]:
            path = folder / "page.pgm"
            flatten(picture).save(path, format="PPM")
            page = read_pages(self.engine, [path], folder, self._limits.ocr_seconds)[0]
            return page.text, page.confidence

        began = time.monotonic()
        try:
            found = document_text(item.path, item.mime, self._limits, read_picture)
        except Unreadable as error:
            return Failure(str(error), _ms(began))
        except PagesLost as error:
            return Failure(f"Tesseract cannot read a page: {error}", _ms(began), "tesseract")
        engine, version = found.engine, found.engine_version
        if found.by_ocr:
            engine, version = f"{engine}+tesseract", f"{version}+{self.engine.version}"
        return Text(
            clean(found.text, self._limits.text_chars),
            found.confidence,
            None,
            engine,
            version,
            _ms(began),
        )

    def _text(self, page: Page, duration_ms: int) -> Text:
        text = clean(page.text, self._limits.text_chars)
        version = f"{self.engine.version} {self.engine.lang}"
        return Text(text, page.confidence, None, "tesseract", version, duration_ms)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
