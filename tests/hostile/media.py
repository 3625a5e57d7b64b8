"""Every bad media file somebody can send, built on the spot: `hostile_media(folder)`. Good ones lie among them.

Nothing big is written: bombs are well compressed, and ten hours of sound are one minute's frames over and over.
"""

from __future__ import annotations

import random
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from tests.extract import material
from wa_pipeline.extract.results import DOCX, XLSX

PDF = "application/pdf"
HOURS = 10


@dataclass(frozen=True)
class Case:
    """A file, the step that meets it, and how that must end: `done` with its word found, `failed`, or either."""

    name: str
    step: Literal["ocr", "asr"]
    path: Path
    mime: str
    ends: Literal["done", "failed", "either"]


def hostile_media(folder: Path, megabytes: int = 400) -> list[Case]:
    """The whole set. `good` ones say "harbour" in pictures and documents, "plumber" in recordings.

    `megabytes`: what the zip bombs unpack to; the one of many elements to just under half of that.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cases = [*_good(folder), *_bombs(folder, megabytes), *_mislabelled(folder), *_truncated(folder), *_endless(folder)]
    random.Random(5).shuffle(cases)
    return cases


def _good(folder: Path) -> list[Case]:
    for number in range(6):
        material.picture((f"harbour number {number}",)).save(folder / f"good{number}.png")
    material.docx(folder / "good.docx", "harbour")
    material.pdf(folder / "good.pdf", "harbour", "more")
    film = material.video(folder / "good.mp4", spoken=material.ENGLISH)
    return [
        *(Case(f"good {n}", "ocr", folder / f"good{n}.png", "image/png", "done") for n in range(6)),
        Case("good docx", "ocr", folder / "good.docx", DOCX, "done"),
        Case("good pdf", "ocr", folder / "good.pdf", PDF, "done"),
        Case("good note", "asr", material.ENGLISH, "audio/ogg", "done"),
        Case("good video", "asr", film, "video/mp4", "done"),
    ]


def _bombs(folder: Path, megabytes: int) -> list[Case]:
    return [
        Case("pixel bomb", "ocr", material.pixel_bomb(folder / "bomb.png"), "image/png", "failed"),
        Case("zip bomb", "ocr", material.docx_bomb(folder / "bomb.docx", megabytes), DOCX, "failed"),
        Case("sheet bomb", "ocr", _sheet_bomb(folder / "bomb.xlsx", megabytes), XLSX, "failed"),
        Case("flate bomb", "ocr", _flate_bomb(folder / "flate.pdf", megabytes), PDF, "either"),
        Case("elements bomb", "ocr", _elements_bomb(folder / "elements.docx", megabytes * 19 // 40), DOCX, "either"),
    ]


def _mislabelled(folder: Path) -> list[Case]:
    (folder / "words.txt").write_text("these are words and nothing else\n" * 50)
    words = folder / "words.txt"
    kinds = ("image/png", "image/webp", PDF, DOCX, "audio/ogg")
    cases = [Case(f"words as {mime}", _step(mime), words, mime, "failed") for mime in kinds]
    picture = folder / "picture.png"
    material.picture().save(picture)
    cases += [Case(f"picture as {mime}", _step(mime), picture, mime, "failed") for mime in (PDF, DOCX)]
    return [
        *cases,
        Case("picture as sound", "asr", picture, "audio/ogg", "failed"),
        # A picture is a film of one frame to a demuxer: there is no sound in it, which is an answer.
        Case("picture as video", "asr", picture, "video/mp4", "either"),
    ]


def _truncated(folder: Path) -> list[Case]:
    whole = folder / "whole"
    whole.mkdir()
    material.picture().save(whole / "a.png")
    material.picture().save(whole / "a.jpg")
    material.picture().save(whole / "a.webp")
    material.docx(whole / "a.docx", "harbour")
    material.pdf(whole / "a.pdf", "harbour", material.picture())
    material.video(whole / "a.mp4", spoken=material.ENGLISH)
    kinds = {
        "a.png": "image/png",
        "a.jpg": "image/jpeg",
        "a.webp": "image/webp",
        "a.docx": DOCX,
        "a.pdf": PDF,
        "a.mp4": "video/mp4",
    }
    cases = []
    for name, mime in kinds.items():
        for part in (0.02, 0.5, 0.9):
            cut = material.cut(whole / name, folder / f"cut{part}{name}", part)
            cases.append(Case(f"{part:.0%} of {name}", _step(mime), cut, mime, "either"))
    note = material.cut(material.ENGLISH, folder / "cut.opus", 0.5)
    (folder / "empty.jpg").touch()
    noise = folder / "noise.ogg"
    noise.write_bytes(b"OggS" + np.random.default_rng(0).bytes(20_000))
    return [
        *cases,
        Case("half a note", "asr", note, "audio/ogg", "either"),
        Case("empty", "ocr", folder / "empty.jpg", "image/jpeg", "failed"),
        Case("noise", "asr", noise, "audio/ogg", "failed"),
    ]


def _endless(folder: Path) -> list[Case]:
    return [
        Case("ten hours", "asr", ten_hours(folder / "long.mp3"), "audio/mpeg", "failed"),
        Case("endless pdf", "ocr", _endless_pdf(folder / "endless.pdf"), PDF, "either"),
    ]


def ten_hours(path: Path) -> Path:
    """An mp3 of silence without a header that says how long it is: it is known only when it has been read."""
    material.sound(path, np.zeros(16_000 * 60), "libmp3lame")
    minute = path.read_bytes()
    frames = minute[minute.index(b"\xff", 10 + _tag(minute)) :]
    with path.open("wb") as out:
        for _ in range(HOURS * 60):
            out.write(frames)
    return path


def _tag(data: bytes) -> int:
    """Length of the ID3 tag in front, whose size is given in seven bits a byte."""
    if not data.startswith(b"ID3"):
        return -10
    return (data[6] << 21) | (data[7] << 14) | (data[8] << 7) | data[9]


def _flate_bomb(path: Path, megabytes: int) -> Path:
    """A PDF whose page's drawing unpacks to hundreds of megabytes."""
    packer = zlib.compressobj(1)
    block = b"0 0 m 1 1 l S " * 73_000
    packed = b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()
    body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
    body += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>endobj\n"
    body += b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    path.write_bytes(body + packed + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF")
    return path


def _endless_pdf(path: Path, pages: int = 100_000) -> Path:
    """A PDF that shows the same page again and again."""
    kids = b"3 0 R " * pages
    body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    body += b"2 0 obj<</Type/Pages/Count %d/Kids[%s]>>endobj\n" % (pages, kids)
    body += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    path.write_bytes(body)
    return path


def _elements_bomb(path: Path, megabytes: int) -> Path:
    """A docx just below what may be unpacked, of so many elements that reading it takes gigabytes."""
    material.docx(path, "harmless")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    head, tail = members.pop("word/document.xml").split(b"<w:p>", 1)[0], b"</w:body></w:document>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        with archive.open("word/document.xml", "w") as out:
            out.write(head)
            for _ in range(megabytes):
                out.write(b"<w:p/>" * (1_000_000 // 6))
            out.write(tail)
    return path


def _sheet_bomb(path: Path, megabytes: int) -> Path:
    from openpyxl import Workbook

    Workbook().save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        member = archive.open("xl/more.xml", "w")
        with member:
            for _ in range(megabytes):
                member.write(bytes(1_000_000))
    return path


def _step(mime: str) -> Literal["ocr", "asr"]:
    return "asr" if mime.startswith(("audio/", "video/")) else "ocr"
