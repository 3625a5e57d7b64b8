"""Many pictures through one Tesseract process."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from wa_pipeline.extract.installed import Tesseract

_KEEP_WORD = 40.0
_KEEP_LONE_WORD = 70.0
_DOUBTFUL = 0.65
_LETTER = re.compile(r"[^\W_]")
_WORD = re.compile(r"[^\W_]{2}|[\u2e80-\uffdc]")


class PagesLost(Exception):
    """One process did not give one page for every picture."""


class Word(NamedTuple):
    """A word, how sure Tesseract is of it (0..1), where it stands in pixels, and its block, paragraph and line."""

    text: str
    confidence: float
    left: int
    top: int
    width: int
    height: int
    line: tuple[int, ...]


class Line(NamedTuple):
    """A line of words, and how sure its engine is of it (0..1)."""

    text: str
    confidence: float


@dataclass(frozen=True)
class Page:
    """The words of one picture, line by line, and the mean confidence of those kept (0..1; None without words)."""

    text: str
    confidence: float | None
    found: tuple[Word, ...]

    @property
    def words(self) -> int:
        """How many of them have letters or figures."""
        return sum(_LETTER.search(word.text) is not None for word in self.found)


def read_pages(engine: Tesseract, pictures: Sequence[Path], folder: Path, seconds: float) -> list[Page]:
    """The words of prepared pictures, read by one process within `seconds`; a second one looks at the marks
    (`marks_of`) of those where it saw little, with a higher bar, as marks may be textures.

    `folder`: for the list of files. `PagesLost` when the process fails, takes too long or answers for fewer pictures.
    """
    pages = _read(engine, pictures, folder, psm=3, least=_KEEP_WORD, seconds=seconds)
    doubtful = [
        index
        for index, picture in enumerate(pictures)
        if (pages[index].confidence or 0) < _DOUBTFUL and marks_of(picture).exists()
    ]
    if doubtful:
        closer = [marks_of(pictures[index]) for index in doubtful]
        again = _read(engine, closer, folder, psm=11, least=_KEEP_LONE_WORD, seconds=seconds)
        for index, page in zip(doubtful, again, strict=True):
            if page.words and (page.confidence or 0) >= (pages[index].confidence or 0):
                pages[index] = page
    return pages


def read_lines(engine: Tesseract, pictures: Sequence[Path], folder: Path, seconds: float) -> list[Page]:
    """The words of pictures that hold one line each; raises as `read_pages`."""
    return _read(engine, pictures, folder, psm=7, least=_KEEP_WORD, seconds=seconds) if pictures else []


def marks_of(picture: Path) -> Path:
    """Where the marks of a prepared picture lie, if it has any (`images.marks`)."""
    return picture.with_name(f"{picture.stem}-marks.pgm")


def _read(
    engine: Tesseract,
    pictures: Sequence[Path],
    folder: Path,
    *,
    psm: int,
    least: float,
    seconds: float,
) -> list[Page]:
    import pytesseract

    pytesseract.pytesseract.tesseract_cmd = engine.command
    if engine.tessdata:
        os.environ["TESSDATA_PREFIX"] = engine.tessdata
    # Its own threads slow Tesseract down on pictures of this size; several processes use the cores better.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    listing = folder / "pictures.txt"
    listing.write_text("".join(f"{picture}\n" for picture in pictures), encoding="utf-8")
    try:
        table: str = pytesseract.image_to_data(str(listing), lang=engine.lang, config=f"--psm {psm}", timeout=seconds)
    except pytesseract.TesseractError as error:
        raise PagesLost(" ".join(str(error.message).split())[-160:]) from None
    except RuntimeError:
        raise PagesLost(f"it took longer than {seconds:.0f} s") from None
    pages = _pages(table, least)
    if len(pages) != len(pictures):
        raise PagesLost(f"{len(pages)} of {len(pictures)} pictures were read")
    return pages


def _pages(table: str, least: float) -> list[Page]:
    """Pages from Tesseract's TSV: level, page, block, paragraph, line, word, left, top, width, height, conf, text."""
    pages: list[list[Word]] = []
    for row in table.split("\n")[1:]:
        cells = row.split("\t", 11)
        if len(cells) < 11:
            continue
        if cells[0] == "1":
            pages.append([])
        elif cells[0] == "5" and pages and len(cells) == 12:
            word, confidence = cells[11].strip(), float(cells[10])
            if word and confidence >= least:
                place = [int(cell) for cell in cells[2:10]]
                left, top, width, height = place[4:]
                pages[-1].append(Word(word, confidence / 100, left, top, width, height, tuple(place[:3])))
    return [_page(words) for words in pages]


def _page(words: Sequence[Word]) -> Page:
    # A line of nothing but dashes and bars is a border or a texture.
    kept = [line for line in _by_line(words) if any(_LETTER.search(word.text) for word in line)]
    text = "\n".join(" ".join(word.text for word in line) for line in kept)
    # So is a letter here and there without one word.
    if not _WORD.search(text):
        return Page("", None, ())
    sure = [word.confidence for line in kept for word in line if _LETTER.search(word.text)]
    return Page(text, round(sum(sure) / len(sure), 4), tuple(word for line in kept for word in line))


def line_of(words: Sequence[Word]) -> Line:
    """Words that stand side by side as one line; its confidence is the mean over the letters."""
    length = sum(len(word.text) for word in words)
    sure = sum(word.confidence * len(word.text) for word in words) / max(1, length)
    return Line(" ".join(word.text for word in words), sure)


def lines_of(page: Page) -> list[Line]:
    """The lines of a page."""
    return [line_of(words) for words in _by_line(page.found)]


def _by_line(words: Sequence[Word]) -> list[list[Word]]:
    lines: dict[tuple[int, ...], list[Word]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    return list(lines.values())
