"""What goes in and comes out of extraction: limits, probes, texts, failures."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypedDict

Step = Literal["ocr", "asr"]
OcrName = Literal["tesseract", "rapidocr", "cascade"]

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
OFFICE = frozenset({DOCX, XLSX, PPTX})
CARDS = frozenset({"text/vcard", "text/calendar"})
PLAIN_TEXT = frozenset({"text/plain", "text/csv", "text/markdown", *CARDS})
_WITHOUT_PIXELS = frozenset({"image/svg+xml"})


class Segment(TypedDict):
    """One stretch of speech: seconds from the beginning of the file, and the words."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Probe:
    """What a file is. `note` says in a sentence what could not be read; the rest is then as much as is known.

    mime, ext: by content (ext without dot). bytes: file size. width, height: pixels as seen, after EXIF orientation or
    video rotation. duration_s: seconds, to the millisecond. phash: perceptual hash, 16 hex digits (images only).
    """

    mime: str
    ext: str
    bytes: int
    width: int | None = None
    height: int | None = None
    duration_s: Decimal | None = None
    phash: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Text:
    """The words of a file; `text == ""` means that it was looked at and holds none.

    confidence: 0..1 over the kept words or segments, None where an engine does not say (a document's own text layer) or
    nothing was found. language: ISO 639-1 of speech. duration_ms: time spent on this file. segments: speech only.
    """

    text: str
    confidence: float | None
    language: str | None
    engine: str
    engine_version: str
    duration_ms: int
    segments: list[Segment] | None = None


@dataclass(frozen=True)
class Failure:
    """Why a file gave no text. `transient`: trying again later may help (the machine was at fault, not the file)."""

    reason: str
    duration_ms: int
    engine: str | None = None
    transient: bool = False


@dataclass(frozen=True)
class Limits:
    """What one file may cost. Everything beyond ends as a `Failure` (or a `Probe` with a note), never as a dead run."""

    image_pixels: int = 100_000_000
    probe_seconds: float = 20
    ocr_seconds: float = 60
    """For one picture, and for each further piece of a long one or frame of a video."""
    document_seconds: float = 180
    asr_stretch_seconds: float = 600
    """The longest time between two signs of life while speech is transcribed, one window of audio each."""
    start_seconds: float = 120
    audio_seconds: float = 6 * 3600
    audio_window_seconds: float = 120
    pdf_pages: int = 300
    pdf_ocr_pages: int = 20
    page_pixels: int = 9_000_000
    unpacked_bytes: int = 200_000_000
    text_chars: int = 1_000_000
    """Longer text is cut here."""
    memory_bytes: int = 3 << 30
    """Of private memory, for each worker process and each engine process below it."""
    file_bytes: int = 2 << 30
    batch: int = 16
    """Images given to one engine process together."""


@dataclass(frozen=True)
class EngineReport:
    """One line for `wa doctor`. `source`: where engine or model come from; `note`: what is missing, and what to do."""

    step: Step
    engine: str
    version: str | None
    model: str | None
    languages: tuple[str, ...]
    source: str | None
    ok: bool
    note: str | None = None
    missing_languages: tuple[str, ...] = field(default=())


def steps_for(mime: str) -> tuple[Step, ...]:
    """Which steps can take words out of a file of this MIME type; () when none can."""
    kind = mime.split("/", 1)[0]
    if kind == "audio":
        return ("asr",)
    if kind == "video":
        return ("ocr", "asr")
    if kind == "image" and mime not in _WITHOUT_PIXELS:
        return ("ocr",)
    if mime in PLAIN_TEXT or mime in OFFICE or mime == "application/pdf":
        return ("ocr",)
    return ()
