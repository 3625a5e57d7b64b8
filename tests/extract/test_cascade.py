"""Each engine does what it is good at: Tesseract first, RapidOCR where it is unsure, and both are named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.extract import material
from tests.extract.test_ocr import read, recall
from wa_pipeline.extract import Extractor, script_of
from wa_pipeline.extract.installed import find_tesseract
from wa_pipeline.extract.scripts import LANGUAGES
from wa_pipeline.extract.sheets import pieces
from wa_pipeline.extract.tesseract import Line, Word, line_of


@pytest.fixture(scope="module")
def alone() -> Iterator[Extractor]:
    with Extractor(ocr="rapidocr", workers=1) as one:
        yield one


def test_each_setting_of_wa_ocr_reads_and_names_its_engine(alone: Extractor, tmp_path: Path) -> None:
    material.picture().save(tmp_path / "p.png")
    found = read(alone, tmp_path / "p.png")
    assert recall(found.text) >= 0.9
    assert found.engine == "rapidocr"
    assert "PP-OCR" in found.engine_version
    with Extractor(ocr="tesseract", workers=1) as extractor:
        found = read(extractor, tmp_path / "p.png")
    assert recall(found.text) >= 0.9
    assert found.engine == "tesseract"
    assert found.engine_version.endswith(" eng+deu")


def test_a_picture_that_lies_on_its_side_is_read(alone: Extractor, tmp_path: Path) -> None:
    material.picture().rotate(90, expand=True).save(tmp_path / "side.png")
    assert recall(read(alone, tmp_path / "side.png").text) >= 0.9


def test_a_long_screenshot_is_read_to_its_end(extractor: Extractor, tmp_path: Path) -> None:
    lines = tuple(f"message {number} harbour {number * 7}" for number in range(45))
    material.dark_screenshot(lines).save(tmp_path / "long.png")
    text = read(extractor, tmp_path / "long.png").text
    assert recall(text, lines) >= 0.95
    assert text.index("message 2 ") < text.index("message 40 ")


def test_a_page_of_two_columns_is_read_column_by_column(extractor: Extractor, tmp_path: Path) -> None:
    left, right = (tuple(f"{side} line number {row}" for row in range(10, 17)) for side in ("first", "second"))
    page = material.picture(left)
    page.paste(material.picture(right).crop((0, 0, 440, page.height)), (460, 0))
    page.save(tmp_path / "columns.png")
    assert read(extractor, tmp_path / "columns.png").text.split("\n") == [*left, *right]


def test_a_long_picture_is_cut_between_its_lines() -> None:
    image = Image.new("L", (100, 1000), 255)
    pixels = np.asarray(image).copy()
    pixels[::2, 10:90:3] = 0
    pixels[590:612] = 255
    cut = list(pieces(Image.fromarray(pixels)))
    assert sum(piece.height for piece in cut) == 1000
    edges = np.cumsum([piece.height for piece in cut])
    assert any(590 <= edge <= 612 for edge in edges)
    assert all(piece.height <= 2.7 * piece.width for piece in cut)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_an_animation_gives_the_words_of_its_frames_each_once(extractor: Extractor, tmp_path: Path, kind: str) -> None:
    frames = [material.picture((words,), size=60) for words in ("harbour seven", "umbrellas please")]
    path = tmp_path / f"moving.{kind}"
    frames[0].save(path, save_all=True, append_images=[frames[0], frames[1], frames[1]], duration=100)
    text = read(extractor, path, f"image/{kind}").text
    assert text.split("\n") == ["harbour seven", "umbrellas please"]


def test_a_video_gives_the_words_in_its_pictures_each_once(extractor: Extractor, tmp_path: Path) -> None:
    shown = [material.picture((words,), size=60) for words in ("harbour seven", "umbrellas please")]
    path = material.slides(tmp_path / "v.mp4", *shown)
    found = read(extractor, path, "video/mp4")
    assert found.text.split("\n") == ["harbour seven", "umbrellas please"]
    plain = material.video(tmp_path / "plain.mp4")
    assert read(extractor, plain, "video/mp4").text == ""


def test_a_video_without_pictures_has_no_words(extractor: Extractor, tmp_path: Path) -> None:
    found = read(extractor, material.ENGLISH, "video/mp4")
    assert (found.text, found.confidence) == ("", None)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello, Grüße, 12:30", "Latn"),
        ("завтра meeting", "Cyrl"),
        ("αύριο", "Grek"),
        ("明天开会", "Hani"),
        ("明日の会議", "Jpan"),
        ("غدا", "Arab"),
        ("12:30 🙂", None),
        ("a long English sentence with one Жук in it", "Latn"),
    ],
)
def test_the_script_of_a_chat_is_told_from_its_texts(text: str, script: str | None) -> None:
    assert script_of(text) == script


def test_a_chats_script_adds_the_language_there_is_data_for(tmp_path: Path) -> None:
    engine = find_tesseract("eng+deu", tmp_path)
    assert engine.reading(None) is engine.reading("Latn") is engine
    for script, languages in LANGUAGES.items():
        usable = [language for language in languages if language in engine.have]
        assert engine.reading(script).languages == ((*usable[:1], "eng", "deu") if usable else ("eng", "deu"))


def test_a_lines_confidence_is_that_of_its_letters() -> None:
    words = [Word("harbour", 1.0, 0, 0, 9, 9, (1, 1, 1)), Word("a", 0.2, 10, 0, 2, 9, (1, 1, 1))]
    assert line_of(words) == Line("harbour a", 0.9)
    assert line_of([]) == Line("", 0.0)


OFFLINE = """
import sys
from pathlib import Path

def refuse(event, arguments):
    if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.gethostby", "urllib.")):
        raise SystemExit(f"it asks the network: {event} {arguments}")

sys.addaudithook(refuse)
import numpy
from PIL import Image
from wa_pipeline.extract.rapid import Rapid
picture = numpy.asarray(Image.open(sys.argv[1]).convert("L"))
rapid = Rapid()
print(" ".join(rapid.read(picture, box, turned=True).text for box in rapid.find(picture)))
"""


def test_rapidocr_never_asks_the_network(tmp_path: Path) -> None:
    material.picture().save(tmp_path / "p.png")
    command = [sys.executable, "-c", OFFLINE, str(tmp_path / "p.png")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert recall(done.stdout) >= 0.9
