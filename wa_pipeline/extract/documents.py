"""Words of documents: a PDF's text layer (its bare pages go to the OCR engine), docx, plain text."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wa_pipeline.extract.images import Unreadable
from wa_pipeline.extract.results import DOCX, Limits

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from PIL import Image
    from pypdfium2 import PdfDocument, PdfPage

    ReadPicture = Callable[[Image.Image], tuple[str, float | None]]

_MOST_MEMBERS = 10_000


class DocumentText(NamedTuple):
    """What a document says; `by_ocr`: some of it was read from pictures of its pages."""

    text: str
    confidence: float | None
    engine: str
    engine_version: str
    by_ocr: bool


def document_text(path: Path, mime: str, limits: Limits, read_picture: ReadPicture) -> DocumentText:
    """The words of a PDF, docx or plain text file.

    `read_picture` gives words and confidence of a page's picture. `Unreadable` when the file is not what it says, is
    locked, or goes beyond the limits.
    """
    if mime == "application/pdf":
        return _pdf(path, limits, read_picture)
    if mime == DOCX:
        return DocumentText(_docx(path, limits), None, "python-docx", version("python-docx"), False)
    return DocumentText(_plain(path, limits), None, "text", "1", False)


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


def _docx(path: Path, limits: Limits) -> str:
    import docx

    _refuse_bomb(path, limits)
    try:
        document = docx.Document(str(path))
        return _joined(_docx_lines(document), limits.text_chars)
    except MemoryError:
        raise
    except Exception as error:
        # python-docx meets broken files with whatever its XML layer raises.
        raise Unreadable(f"the document is broken ({type(error).__name__})") from None


def _refuse_bomb(path: Path, limits: Limits) -> None:
    """Judged by the sizes the archive's own directory gives; zipfile never unpacks more of a member than that."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Unreadable("the document is broken (not a zip file)") from None
    if len(members) > _MOST_MEMBERS:
        raise Unreadable(f"the document holds {len(members)} parts, more than {_MOST_MEMBERS}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked_bytes:
        megabytes = limits.unpacked_bytes // 1_000_000
        raise Unreadable(f"the document unpacks to {unpacked // 1_000_000} MB, more than {megabytes}")


def _docx_lines(document: Document) -> Iterator[str]:
    from docx.table import Table

    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield from _table_lines(block)
        else:
            yield block.text


def _table_lines(table: Table) -> Iterator[str]:
    for row in table.rows:
        # A merged cell is listed once for every column it spans.
        cells = {id(cell._tc): cell.text.strip() for cell in row.cells}
        yield "\t".join(cells.values())


def _joined(lines: Iterator[str], most: int) -> str:
    kept: list[str] = []
    length = 0
    for line in lines:
        kept.append(line)
        length += len(line) + 1
        if length > most:
            break
    return "\n".join(kept)


def _plain(path: Path, limits: Limits) -> str:
    with path.open("rb") as file:
        data = file.read(limits.text_chars * 4)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
