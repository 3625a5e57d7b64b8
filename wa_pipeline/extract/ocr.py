"""The OCR step inside a worker: pictures and videos through the engines in batches, documents one by one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from wa_pipeline.extract.clean import clean
from wa_pipeline.extract.engines import Engines, together
from wa_pipeline.extract.images import Unreadable, straightened
from wa_pipeline.extract.messages import Item, Reply, Result, Working
from wa_pipeline.extract.results import Failure, Limits, OcrName, Text
from wa_pipeline.extract.sheets import pieces, sheets
from wa_pipeline.extract.tesseract import Page, PagesLost

if TYPE_CHECKING:
    from PIL import Image

_FURTHER_SECONDS = 5.0
"""What each further picture of a batch adds to the time the first may take."""
_GRACE = 10.0
"""Seconds by which the worker's own time limit comes before the one that gets it killed."""


@dataclass
class _Ready:
    """The prepared pictures of one file, and the seconds spent on it."""

    item: Item
    sheets: list[Path] = field(default_factory=list)
    spent: float = 0.0


class Ocr:
    """The engines of one worker; each is found when the first picture needs it."""

    def __init__(self, limits: Limits, languages: str, ocr: OcrName = "cascade") -> None:
        self._limits = limits
        self._engines = Engines(ocr, languages, Path(tempfile.gettempdir()))

    def read(self, items: Sequence[Item]) -> Iterator[Reply]:
        """Replies for the items; the pictures among them share an engine process."""
        with TemporaryDirectory(prefix="ocr-") as folder:
            # Documents first: most need no engine, and are done even where there is none.
            for item in items:
                if not _is_pictures(item):
                    yield Working((item.index,), self._limits.document_seconds)
                    yield Result(item.index, self._document(item, Path(folder)))
            ready: list[_Ready] = []
            for item in filter(_is_pictures, items):
                yield Working((item.index,), self._limits.ocr_seconds + _GRACE)
                found = self._prepared(item, Path(folder))
                if isinstance(found, Failure):
                    yield Result(item.index, found)
                else:
                    ready.append(found)
            for script in dict.fromkeys(each.item.language for each in ready):
                yield from self._pictures([each for each in ready if each.item.language == script], Path(folder))

    def _prepared(self, item: Item, folder: Path) -> _Ready | Failure:
        began = time.monotonic()
        ready = _Ready(item)
        try:
            for number, sheet in enumerate(sheets(item.path, item.mime, self._limits)):
                ready.sheets.append(self._engines.lay(sheet, folder / f"{item.index}-{number}.pgm"))
        except Unreadable as error:
            return Failure(str(error), _ms(began))
        ready.spent = time.monotonic() - began
        return ready

    def _pictures(self, files: Sequence[_Ready], folder: Path) -> Iterator[Reply]:
        """Files of one script: Tesseract reads all of them in one process, then each is looked at alone."""
        listed = [sheet for file in files for sheet in file.sheets]
        patience = self._limits.ocr_seconds + _FURTHER_SECONDS * max(0, len(listed) - 1)
        yield Working(tuple(file.item.index for file in files), patience * 2 + _GRACE)
        began = time.monotonic()
        try:
            pages = self._engines.pages(listed, folder, files[0].item.language, patience)
        except PagesLost:
            # Only the file that is to blame fails.
            for file in files:
                yield from self._alone(file, folder)
            return
        share = (time.monotonic() - began) / max(1, len(listed))
        for file in files:
            file.spent += share * len(file.sheets)
            mine, pages = pages[: len(file.sheets)], pages[len(file.sheets) :]
            yield from self._finished(file, mine, folder)

    def _alone(self, file: _Ready, folder: Path) -> Iterator[Reply]:
        seconds = self._limits.ocr_seconds * max(1, len(file.sheets))
        yield Working((file.item.index,), seconds * 2 + _GRACE)
        began = time.monotonic()
        try:
            pages = self._engines.pages(file.sheets, folder, file.item.language, seconds)
        except PagesLost as error:
            spent = round(file.spent * 1000) + _ms(began)
            yield Result(file.item.index, Failure(f"Tesseract cannot read it: {error}", spent, "tesseract"))
            return
        file.spent += time.monotonic() - began
        yield from self._finished(file, pages, folder)

    def _finished(self, file: _Ready, pages: Sequence[Page], folder: Path) -> Iterator[Reply]:
        item = file.item
        yield Working((item.index,), self._limits.ocr_seconds * max(1, len(pages)) + _GRACE)
        began = time.monotonic()
        read = [
            self._engines.reading(sheet, page, folder, item.language, self._limits.ocr_seconds)
            for sheet, page in zip(file.sheets, pages, strict=True)
        ]
        found = together(read)
        engine, version = self._engines.named(item.language)
        text = clean(found.text, self._limits.text_chars)
        spent = round(file.spent * 1000) + _ms(began)
        yield Result(item.index, Text(text, found.confidence if text else None, None, engine, version, spent))

    def _document(self, item: Item, folder: Path) -> Text | Failure:
        from wa_pipeline.extract.documents import document_text

        numbers = count()

        def read_picture(picture: Image.Image) -> tuple[str, float | None]:
            laid = [
                self._engines.lay(piece, folder / f"{item.index}-page-{next(numbers)}.pgm")
                for piece in pieces(straightened(picture))
            ]
            pages = self._engines.pages(laid, folder, item.language, self._limits.ocr_seconds)
            found = together(
                [
                    self._engines.reading(sheet, page, folder, item.language, self._limits.ocr_seconds)
                    for sheet, page in zip(laid, pages, strict=True)
                ]
            )
            for sheet in laid:
                sheet.unlink()
            return found.text, found.confidence

        began = time.monotonic()
        try:
            found = document_text(item.path, item.mime, self._limits, read_picture)
        except Unreadable as error:
            return Failure(str(error), _ms(began))
        except PagesLost as error:
            return Failure(f"Tesseract cannot read a page: {error}", _ms(began), "tesseract")
        engine, version = found.engine, found.engine_version
        if found.by_ocr:
            by, with_version = self._engines.named(item.language)
            engine, version = f"{engine}+{by}", f"{version}; {with_version}"
        text = clean(found.text, self._limits.text_chars)
        return Text(text, found.confidence, None, engine, version, _ms(began))


def _is_pictures(item: Item) -> bool:
    return item.mime.startswith(("image/", "video/"))


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
