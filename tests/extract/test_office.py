"""Sheets, slides, contact cards and calendars give the words a person would look for; broken ones a reason."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pptx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pptx.util import Inches

from tests.extract import material
from wa_pipeline.extract import Extractor, Failure, Limits, Text, identify
from wa_pipeline.extract.cards import card_text
from wa_pipeline.extract.results import DOCX, PPTX, XLSX, steps_for


def read(extractor: Extractor, path: Path) -> Text | Failure:
    mime, _ = identify(path)
    assert steps_for(mime) == ("ocr",)
    [(_, outcome)] = extractor.read("ocr", [("it", path, mime)])
    return outcome


def sheet(path: Path) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Costs"
    page.append(["Item", "Price", None, "שלום"])
    page.append(["Lantern oil", 12.5, True])
    book.create_sheet("Second").append(["zeppelin"])
    book.save(path)
    return path


def slides(path: Path) -> Path:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Harvest plan"
    box = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(3), Inches(1))
    box.text_frame.text = "Bring the wheelbarrow"
    table = slide.shapes.add_table(1, 2, Inches(1), Inches(3), Inches(3), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Monday", "quinces"
    slide.notes_slide.notes_text_frame.text = "do not mention the goat"
    deck.save(path)
    return path


def test_a_sheet_gives_its_cells_row_by_row(extractor: Extractor, tmp_path: Path) -> None:
    found = read(extractor, sheet(tmp_path / "costs.xlsx"))
    assert isinstance(found, Text)
    assert found.text.split("\n") == ["Costs", "Item\tPrice\tשלום", "Lantern oil\t12.5\tTrue", "Second", "zeppelin"]
    assert found.engine == "openpyxl"


def test_slides_give_text_tables_and_notes(extractor: Extractor, tmp_path: Path) -> None:
    found = read(extractor, slides(tmp_path / "plan.pptx"))
    assert isinstance(found, Text)
    for words in ("Harvest plan", "Bring the wheelbarrow", "Monday\tquinces", "do not mention the goat"):
        assert words in found.text


@pytest.mark.parametrize("make", [sheet, slides])
def test_a_broken_office_file_fails_with_a_reason(extractor: Extractor, tmp_path: Path, make: object) -> None:
    path = sheet(tmp_path / "x.xlsx") if make is sheet else slides(tmp_path / "x.pptx")
    with zipfile.ZipFile(path) as whole:
        names = whole.namelist()
        parts = {name: whole.read(name) for name in names}
    with zipfile.ZipFile(path, "w") as broken:
        for name in names:
            broken.writestr(name, parts[name][:40] if name.endswith(".xml") else parts[name])
    mime = XLSX if make is sheet else PPTX
    [(_, outcome)] = extractor.read("ocr", [("it", path, mime)])
    assert isinstance(outcome, Failure)
    assert "broken" in outcome.reason


def test_a_sheet_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = sheet(tmp_path / "bomb.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/media/zeros.bin", bytes(3_000_000))
    with Extractor(Limits(unpacked_bytes=2_000_000)) as extractor:
        [(_, outcome)] = extractor.read("ocr", [("it", path, XLSX)])
    assert isinstance(outcome, Failure)
    assert "unpacks to" in outcome.reason


CARD = """BEGIN:VCARD
VERSION:3.0
N:Doe;Joh
 n;;;
FN:John Doe
item1.TEL;type=CELL:+49 170 1234567
EMAIL:john@example.org
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD
NOTE:likes tea\\, not coffee\\nreally
END:VCARD
"""
QUOTED = "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BC=\nrgen\nEND:VCARD\n"
EVENT = """BEGIN:VCALENDAR
PRODID:-//x//y
BEGIN:VEVENT
UID:123
SUMMARY:Choir practice
LOCATION:Town hall\\; room 2
DTSTART;TZID=Europe/Berlin:20240131T193000
ORGANIZER;CN=Ann:mailto:ann@example.org
END:VEVENT
END:VCALENDAR
"""


def test_a_document_of_more_elements_than_memory_holds_says_so(tmp_path: Path) -> None:
    material.docx(tmp_path / "whole.docx", "harbour")
    bomb = tmp_path / "elements.docx"
    with zipfile.ZipFile(tmp_path / "whole.docx") as whole, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        for name in whole.namelist():
            data = whole.read(name)
            more = data.replace(b"</w:body>", b"<w:p/>" * 5_000_000 + b"</w:body>")
            made.writestr(name, more if name == "word/document.xml" else data)
    with Extractor(Limits(memory_bytes=300 << 20), workers=1) as extractor:
        [(_, outcome)] = extractor.read("ocr", [("it", bomb, DOCX)])
    assert isinstance(outcome, Failure)
    assert outcome.reason == "it needs more than 300 MiB of memory"


def test_a_contact_card_gives_names_and_numbers_and_no_photograph() -> None:
    assert card_text(CARD).split("\n") == [
        "Doe John", "John Doe", "+49 170 1234567", "john@example.org", "likes tea, not coffee", "really",
    ]  # fmt: skip
    assert card_text(QUOTED) == "Jürgen"
    assert card_text(QUOTED.replace("UTF-8", "ISO-8859-1").replace("=C3=BC", "=FC")) == "Jürgen"
    assert card_text(QUOTED.replace("UTF-8", "no-such-set")) == "Jürgen"


def test_a_calendar_gives_what_where_and_when() -> None:
    assert card_text(EVENT).split("\n") == [
        "Choir practice", "Town hall; room 2", "20240131T193000", "ann@example.org",
    ]  # fmt: skip


def test_cards_are_known_by_content(extractor: Extractor, tmp_path: Path) -> None:
    for name, text, word in (("contact", CARD, "John Doe"), ("event", EVENT, "Choir practice")):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        found = read(extractor, path)
        assert isinstance(found, Text)
        assert word in found.text


@given(st.text(max_size=400))
def test_no_text_breaks_the_reading_of_cards(text: str) -> None:
    assert isinstance(card_text("BEGIN:VCARD\n" + text), str)
    assert isinstance(card_text("FN;ENCODING=QUOTED-PRINTABLE:" + text), str)
