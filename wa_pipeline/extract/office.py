"""Words of office files: docx, xlsx, pptx. All three are zip files of XML, so all three can be bombs."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wa_pipeline.extract.images import Unreadable
from wa_pipeline.extract.results import DOCX, PPTX, XLSX, Limits

if TYPE_CHECKING:
    from docx.table import Table

_MOST_MEMBERS: Final = 10_000
_MOST_ROWS: Final = 200_000
_NO_MEMORY: Final = 2
"""libxml2's XML_ERR_NO_MEMORY, which lxml raises as a syntax error without words."""


def office_text(path: Path, mime: str, limits: Limits) -> tuple[str, str, str]:
    """(text, library, its version): paragraphs and table rows as lines, cells parted by tabs.

    `Unreadable` when the file is broken, or unpacks to more than the limits allow.
    """
    lines, library = _READERS[mime]
    _refuse_bomb(path, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _joined(lines(path), limits.text_chars), library, version(library)
    except MemoryError:
        raise
    except Exception as error:
        # These libraries meet broken files with whatever their XML layer raises, and so they do the end of memory.
        if getattr(error, "code", None) == _NO_MEMORY:
            raise MemoryError from None
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


def _docx_lines(path: Path) -> Iterator[str]:
    import docx
    from docx.table import Table

    for block in docx.Document(str(path)).iter_inner_content():
        if isinstance(block, Table):
            yield from _docx_rows(block)
        else:
            yield block.text


def _docx_rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        # A merged cell is listed once for every column it spans.
        cells = {id(cell._tc): cell.text.strip() for cell in row.cells}
        yield "\t".join(cells.values())


def _xlsx_lines(path: Path) -> Iterator[str]:
    """Each sheet's name and rows; results instead of formulas, as the file remembers them."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        left = _MOST_ROWS
        for sheet in book.worksheets:
            yield sheet.title
            # What a file says of its own size may be a million empty rows.
            sheet.reset_dimensions()
            for row in sheet.iter_rows(values_only=True):
                left -= 1
                if not left:
                    return
                cells = [str(value) for value in row if value is not None]
                if cells:
                    yield "\t".join(cells)
    finally:
        book.close()


def _pptx_lines(path: Path) -> Iterator[str]:
    """Each slide's words, then its speaker notes."""
    import pptx

    for slide in pptx.Presentation(str(path)).slides:
        for shape in slide.shapes:
            yield from _shape_lines(shape)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            yield slide.notes_slide.notes_text_frame.text


def _shape_lines(shape: Any) -> Iterator[str]:
    """A shape's words: python-pptx has a class for each kind, and no common name for what they may hold."""
    for inner in getattr(shape, "shapes", ()):
        yield from _shape_lines(inner)
    if shape.has_text_frame:
        yield shape.text_frame.text
    if getattr(shape, "has_table", False):
        for row in shape.table.rows:
            yield "\t".join(cell.text.strip() for cell in row.cells)


def _joined(lines: Iterator[str], most: int) -> str:
    kept: list[str] = []
    length = 0
    for line in lines:
        kept.append(line)
        length += len(line) + 1
        if length > most:
            break
    return "\n".join(kept)


_READERS: Final[dict[str, tuple[Callable[[Path], Iterator[str]], str]]] = {
    DOCX: (_docx_lines, "python-docx"),
    XLSX: (_xlsx_lines, "openpyxl"),
    PPTX: (_pptx_lines, "python-pptx"),
}
