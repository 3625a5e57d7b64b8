"""Words of documents: a PDF's text layer (its bare pages go to the OCR engine), office files, cards, plain text."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wa_pipeline.extract.cards import card_text
from wa_pipeline.extract.images import Unreadable
from wa_pipeline.extract.office import office_text
from wa_pipeline.extract.results import CARDS, OFFICE, Limits

if TYPE_CHECKING:
    from PIL import Image
    from pypdfium2 import PdfDocument, PdfPage

    ReadPicture = Callable[[Image.Image], tuple[str, float | None]]


class DocumentText(NamedTuple):
    """What a document says; `by_ocr`: some of it was read from pictures of its pages."""

    text: str
    confidence: float | None
    engine: str
    engine_version: str
    by_ocr: bool


def document_text(path: Path, mime: str, limits: Limits, read_picture: ReadPicture) -> DocumentText:
    """The words of a PDF, an office file, a contact card, a calendar or a plain text file.

    `read_picture` gives words and confidence of a page's picture. `Unreadable` when the file is not what it says, is
    locked, or goes beyond the limits.
    """
    if mime == "application/pdf":
        return _pdf(path, limits, read_picture)
    if mime in OFFICE:
        text, library, library_version = office_text(path, mime, limits)
        return DocumentText(text, None, library, library_version, False)
    text = _plain(path, limits)
    return DocumentText(card_text(text) if mime in CARDS else text, None, "text", "1", False)


def open_pdf(path: Path) -> PdfDocument:
    """The opened PDF; `Unreadable` when it is broken or locked by a password."""
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(path)
    except (pypdfium2.PdfiumError, OSError, ValueError) as error:
        locked = "password" in str(error).lower()
        raise Unreadable("the PDF is locked by a password" if locked else "the PDF is broken") from None


def _pdf(path: Path, limits: Limits, read_picture: ReadPicture) -> DocumentText:
    import pypdfium2

    texts: list[str] = []
    confidences: list[float] = []
    bare = length = 0
    engine, engine_version = "pypdfium2", version("pypdfium2")
    document = open_pdf(path)
    try:
        for number in range(min(len(document), limits.pdf_pages)):
            try:
                page = document[number]
            except pypdfium2.PdfiumError:
                continue
            try:
                text = _text_layer(page)
                if not any(map(str.isalnum, text)) and bare < limits.pdf_ocr_pages:
                    bare += 1
                    text, confidence = read_picture(_picture(page, limits.page_pixels))
                    confidences += [] if confidence is None else [confidence]
            finally:
                page.close()
            texts.append(text.strip())
            length += len(text)
            if length > limits.text_chars:
                break
    finally:
        document.close()
    confidence = sum(confidences) / len(confidences) if confidences else None
    return DocumentText("\n\n".join(filter(None, texts)), confidence, engine, engine_version, bool(bare))


def _text_layer(page: PdfPage) -> str:
    import pypdfium2

    try:
        layer = page.get_textpage()
    except pypdfium2.PdfiumError:
        return ""
    try:
        text: str = layer.get_text_range()
    finally:
        layer.close()
    # PDFium marks a hyphen at the end of a line, where the word goes on, by U+FFFE.
    return text.replace("\r\n", "\n").replace("\ufffe\n", "").replace("\ufffe", "")


def _picture(page: PdfPage, pixels: int) -> Image.Image:
    import pypdfium2

    width, height = page.get_size()
    if not (width > 0 and height > 0):
        raise Unreadable("a page of the PDF has no size")
    scale = min(300 / 72, (pixels / (width * height)) ** 0.5, 20_000 / max(width, height))
    if width * scale < 1 or height * scale < 1:
        raise Unreadable("a page of the PDF has an impossible size")
    try:
        bitmap = page.render(scale=scale, grayscale=True)
    except pypdfium2.PdfiumError:
        raise Unreadable("a page of the PDF cannot be drawn") from None
    try:
        picture: Image.Image = bitmap.to_pil().copy()
    finally:
        bitmap.close()
    return picture


def _plain(path: Path, limits: Limits) -> str:
    with path.open("rb") as file:
        data = file.read(limits.text_chars * 4)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
