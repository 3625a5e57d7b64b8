"""A probe tells what a file is by its content, and never fails on one."""

from __future__ import annotations

import os
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.extract import material
from wa_pipeline.extract import Extractor, identify, steps_for
from wa_pipeline.extract.identify import by_content
from wa_pipeline.extract.results import DOCX


def test_a_picture_is_measured_as_it_is_seen(extractor: Extractor, tmp_path: Path) -> None:
    image = material.picture()
    upright, lying = tmp_path / "upright.jpg", tmp_path / "lying.jpg"
    image.save(upright, quality=90)
    exif = image.getexif()
    exif[0x0112] = 6
    image.rotate(90, expand=True).save(lying, quality=90, exif=exif)
    first, second = extractor.probe(upright), extractor.probe(lying)
    assert (first.width, first.height) == (second.width, second.height) == image.size
    assert first.phash is not None
    assert second.phash is not None
    assert len(first.phash) == 16
    assert bin(int(first.phash, 16) ^ int(second.phash, 16)).count("1") <= 6


@pytest.mark.parametrize(
    ("name", "mime", "ext"),
    [
        ("a.png", "image/png", "png"),
        ("a.webp", "image/webp", "webp"),
        ("a.gif", "image/gif", "gif"),
        ("a.jpg", "image/jpeg", "jpg"),
    ],
)
def test_the_content_decides_and_not_the_name(
    extractor: Extractor, tmp_path: Path, name: str, mime: str, ext: str
) -> None:
    material.picture().save(tmp_path / name)
    misnamed = shutil.copy(tmp_path / name, tmp_path / "voice.opus")
    probe = extractor.probe(Path(misnamed))
    assert (probe.mime, probe.ext, probe.width) == (mime, ext, 900)


def test_an_animated_sticker_is_a_picture(extractor: Extractor, tmp_path: Path) -> None:
    frames = [material.caption("one"), material.caption("two")]
    frames[0].save(tmp_path / "s.webp", save_all=True, append_images=frames[1:], duration=100)
    probe = extractor.probe(tmp_path / "s.webp")
    assert (probe.mime, probe.width, probe.height, probe.note) == ("image/webp", 512, 512, None)


def test_sound_and_video_have_their_length_to_the_millisecond(extractor: Extractor, tmp_path: Path) -> None:
    note = extractor.probe(material.ENGLISH)
    assert (note.mime, note.ext, note.width) == ("audio/ogg", "opus", None)
    assert note.duration_s is not None
    assert Decimal("3") < note.duration_s < Decimal("8")
    assert note.duration_s == note.duration_s.quantize(Decimal("0.001"))
    film = extractor.probe(material.video(tmp_path / "v.mp4", seconds=2, size=(64, 48)))
    assert (film.mime, film.width, film.height, film.duration_s) == ("video/mp4", 64, 48, Decimal("2.000"))


def test_a_video_container_without_a_picture_is_sound(extractor: Extractor, tmp_path: Path) -> None:
    import numpy as np

    probe = extractor.probe(material.sound(tmp_path / "x.mp4", np.zeros(16_000), "aac"))
    assert (probe.mime, probe.ext) == ("audio/mp4", "m4a")


def test_documents_are_told_apart(extractor: Extractor, tmp_path: Path) -> None:
    assert extractor.probe(material.pdf(tmp_path / "a.bin", "hello")).mime == "application/pdf"
    assert extractor.probe(material.docx(tmp_path / "b.zip", "hello")).mime == DOCX
    for name, text, mime in [
        ("c.jpg", "just words", "text/plain"),
        ("d.vcf", "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD", "text/vcard"),
        ("e.csv", "a,b\n1,2", "text/csv"),
    ]:
        (tmp_path / name).write_text(text)
        assert extractor.probe(tmp_path / name).mime == mime


def test_the_name_counts_only_when_the_content_says_nothing(extractor: Extractor, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x00\x01\xfe" * 300)
    assert extractor.probe(tmp_path / "x").mime == "application/octet-stream"
    assert extractor.probe(tmp_path / "x", "voice.opus").mime == "audio/ogg"


def test_a_broken_file_is_probed_with_a_note(extractor: Extractor, tmp_path: Path) -> None:
    material.landscape().save(tmp_path / "whole.jpg", quality=90)
    broken = extractor.probe(material.cut(tmp_path / "whole.jpg", tmp_path / "cut.jpg"))
    assert (broken.mime, broken.width, broken.height) == ("image/jpeg", 1024, 768)
    assert broken.note == "the picture is cut off"
    bomb = extractor.probe(material.pixel_bomb(tmp_path / "bomb.png"))
    assert bomb.note == "the picture has 60000x60000 pixels, more than 100 million"
    (tmp_path / "empty.jpg").touch()
    empty = extractor.probe(tmp_path / "empty.jpg")
    assert (empty.mime, empty.bytes, empty.note) == ("image/jpeg", 0, "the file is empty")
    film = material.cut(material.video(tmp_path / "v.mp4"), tmp_path / "cut.mp4", 0.6)
    assert "the video" in (extractor.probe(film).note or "")
    assert extractor.probe(tmp_path / "gone.png").note == "the file is missing"
    os.mkfifo(tmp_path / "pipe.png")
    assert extractor.probe(tmp_path / "pipe.png").note == "it is not a file"


def test_many_are_probed_in_their_order(extractor: Extractor, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("words")
    files = [
        (material.ENGLISH, None),
        (tmp_path / "none", None),
        (tmp_path / "t.txt", None),
        (material.GERMAN, "x.jpg"),
    ]
    mimes = [probe.mime for probe in extractor.probe_many(files)]
    assert mimes == ["audio/ogg", "application/octet-stream", "text/plain", "audio/ogg"]


@settings(max_examples=150, deadline=None)
@given(head=st.binary(max_size=400), name=st.text(max_size=12))
def test_any_bytes_have_some_type(head: bytes, name: str) -> None:
    found = by_content(head, b"", name)
    assert found is None or ("/" in found[0] and found[1])


def test_which_steps_a_type_has(tmp_path: Path) -> None:
    assert steps_for("image/webp") == steps_for("application/pdf") == steps_for(DOCX) == ("ocr",)
    assert steps_for("audio/ogg") == ("asr",)
    assert steps_for("video/mp4") == ("ocr", "asr")
    assert steps_for("text/vcard") == steps_for("text/calendar") == ("ocr",)
    assert steps_for("application/zip") == steps_for("image/svg+xml") == ()
    (tmp_path / "a.opus").write_bytes(b"OggS\x00\x02" + bytes(22) + b"OpusHead")
    assert identify(tmp_path / "a.opus") == ("audio/ogg", "opus")
