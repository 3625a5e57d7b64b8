"""Words in pictures and documents are found; pictures without words have none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.extract import material
from wa_pipeline.extract import Extractor, Failure, Text
from wa_pipeline.extract.results import DOCX


def read(extractor: Extractor, path: Path, mime: str = "image/png") -> Text:
    [(name, result)] = extractor.read("ocr", [("it", path, mime)])
    assert name == "it"
    assert isinstance(result, Text), result
    return result


def recall(text: str, lines: tuple[str, ...] = material.LINES) -> float:
    wanted = " ".join(lines).split()
    found = set(text.split())
    return sum(word in found for word in wanted) / len(wanted)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(material.picture(), id="light"),
        pytest.param(material.dark_screenshot(), id="dark mode"),
        pytest.param(material.tilted_photo(10), id="tilted left"),
        pytest.param(material.tilted_photo(-9), id="tilted right"),
        pytest.param(material.picture(size=34).resize((300, 123), Image.Resampling.LANCZOS), id="tiny"),
        pytest.param(material.picture().rotate(90, expand=True), id="lying, as EXIF says"),
    ],
)
def test_words_are_found(
    extractor: Extractor, tmp_path: Path, image: Image.Image, request: pytest.FixtureRequest
) -> None:
    exif = image.getexif()
    if "EXIF" in request.node.name:
        exif[0x0112] = 6
    image.save(tmp_path / "p.jpg", quality=85, exif=exif)
    result = read(extractor, tmp_path / "p.jpg", "image/jpeg")
    assert recall(result.text) >= 0.9, result.text
    assert result.confidence is not None
    assert 0.7 < result.confidence <= 1
    assert (result.engine, result.segments) == ("tesseract+rapidocr", None)
    assert re.match(r"\d+\.\d+.* eng\+deu; \d+\.\d+.* PP-OCR", result.engine_version)


def test_a_caption_over_a_picture_is_found(extractor: Extractor, tmp_path: Path) -> None:
    material.caption("garden potatoes").save(tmp_path / "m.png")
    assert read(extractor, tmp_path / "m.png").text == "garden potatoes"


def test_white_words_on_a_see_through_sticker_are_found(extractor: Extractor, tmp_path: Path) -> None:
    from PIL import ImageDraw, ImageFont

    sticker = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    font = ImageFont.load_default(size=70)
    ImageDraw.Draw(sticker).text((256, 256), "hurrah", font=font, fill="white", anchor="mm")
    sticker.save(tmp_path / "s.webp")
    assert read(extractor, tmp_path / "s.webp", "image/webp").text == "hurrah"


def test_a_picture_without_words_was_looked_at_and_has_none(extractor: Extractor, tmp_path: Path) -> None:
    material.landscape().save(tmp_path / "l.png")
    result = read(extractor, tmp_path / "l.png")
    assert (result.text, result.confidence) == ("", None)


def test_a_pdf_gives_its_text_and_the_words_of_pages_that_are_pictures(extractor: Extractor, tmp_path: Path) -> None:
    path = material.pdf(tmp_path / "d.pdf", "Written words", material.picture())
    result = read(extractor, path, "application/pdf")
    assert result.text.startswith("Written words\n\n")
    assert recall(result.text) >= 0.9
    assert result.engine == "pypdfium2+tesseract+rapidocr"
    written = read(extractor, material.pdf(tmp_path / "w.pdf", "Written words"), "application/pdf")
    assert (written.text, written.engine, written.confidence) == ("Written words", "pypdfium2", None)


def test_a_docx_gives_paragraphs_and_tables(extractor: Extractor, tmp_path: Path) -> None:
    path = material.docx(tmp_path / "d.docx", "Packliste", "Übermorgen", table=(("Wer", "Was"), ("Ruth", "Kuchen")))
    assert read(extractor, path, DOCX).text == "Packliste\nÜbermorgen\nWer\tWas\nRuth\tKuchen"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_plain_text_is_text_in_any_usual_encoding(extractor: Extractor, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "t.txt").write_bytes("Grüße\r\naus \x00Köln".encode(encoding))
    assert read(extractor, tmp_path / "t.txt", "text/plain").text == "Grüße\naus Köln"


def test_bad_files_fail_with_a_reason_and_good_ones_beside_them_are_done(extractor: Extractor, tmp_path: Path) -> None:
    material.landscape().save(tmp_path / "whole.jpg", quality=90)
    bad = {
        "cut": (material.cut(tmp_path / "whole.jpg", tmp_path / "cut.jpg"), "image/jpeg", "cut off"),
        "bomb": (material.pixel_bomb(tmp_path / "bomb.png"), "image/png", "more than 100 million"),
        "words": (tmp_path / "words.jpg", "image/jpeg", "not a picture"),
        "empty": (tmp_path / "empty.png", "image/png", "empty"),
        "gone": (tmp_path / "gone.png", "image/png", "missing"),
        "docx bomb": (material.docx_bomb(tmp_path / "bomb.docx"), DOCX, "unpacks to 400 MB"),
        "no docx": (tmp_path / "words.jpg", DOCX, "not a zip file"),
        "garbage": (tmp_path / "garbage.pdf", "application/pdf", "the PDF is broken"),
        "cut pdf": (tmp_path / "cut.pdf", "application/pdf", "the PDF is broken"),
    }
    (tmp_path / "words.jpg").write_text("these are only words")
    (tmp_path / "empty.png").touch()
    (tmp_path / "garbage.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 500)
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.7\n1 0 obj")
    items = [(name, path, mime) for name, (path, mime, _) in bad.items()]
    for number in range(4):
        material.picture().save(tmp_path / f"good{number}.png")
        items.insert(number * 3, (f"good {number}", tmp_path / f"good{number}.png", "image/png"))
    results = dict(extractor.read("ocr", items))
    assert len(results) == len(items)
    for name, (_, _, reason) in bad.items():
        failure = results[name]
        assert isinstance(failure, Failure), name
        assert reason in failure.reason, name
        assert not failure.transient
    for number in range(4):
        good = results[f"good {number}"]
        assert isinstance(good, Text)
        assert recall(good.text) >= 0.9


def test_an_endless_pdf_ends_at_the_page_limit(tmp_path: Path) -> None:
    from wa_pipeline.extract import Limits

    path = material.pdf(tmp_path / "long.pdf", *[f"page {number}" for number in range(3000)])
    with Extractor(Limits(pdf_pages=50)) as extractor:
        text = read(extractor, path, "application/pdf").text
    assert text.endswith("page 49")
