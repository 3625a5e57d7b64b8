"""The sample archive's files are what they claim to be, and the real engines find every word the demo searches for."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import av
import pytest
from PIL import Image

from wa_pipeline.demo import expected, sample_exports
from wa_pipeline.extract import Extractor, Text, steps_for

KEPT = expected()["archive"]["media_sha256"]
UNREADABLE = set(expected()["archive"]["unreadable"])


def files() -> dict[str, bytes]:
    """Every attachment of every export by its sha256."""
    found = {}
    for export in sample_exports():
        with zipfile.ZipFile(export.path) as archive:
            for name in archive.namelist():
                if not name.endswith(".txt"):
                    data = archive.read(name)
                    found[hashlib.sha256(data).hexdigest()] = data
    return found


FILES = files()
PICTURES = [sha for sha, one in KEPT.items() if one["mime"].startswith("image/") and sha not in UNREADABLE]
SOUNDS = [sha for sha, one in KEPT.items() if one["mime"] == "audio/ogg"]


def named(sha: str) -> str:
    return str(KEPT[sha]["name"])


def test_every_file_is_known_by_its_content() -> None:
    assert set(FILES) == set(KEPT) | set(expected()["archive"]["never_stored"])
    assert all(len(FILES[sha]) == one["bytes"] for sha, one in KEPT.items())


@pytest.mark.parametrize("sha", PICTURES, ids=named)
def test_a_picture_opens(sha: str) -> None:
    with Image.open(io.BytesIO(FILES[sha])) as picture:
        picture.load()
        assert min(picture.size) >= 400


def test_the_broken_picture_is_broken() -> None:
    (sha,) = UNREADABLE
    with Image.open(io.BytesIO(FILES[sha])) as picture, pytest.raises(OSError, match="truncated"):
        picture.load()


@pytest.mark.parametrize("sha", SOUNDS, ids=named)
def test_a_voice_note_is_opus_of_a_few_seconds(sha: str) -> None:
    with av.open(io.BytesIO(FILES[sha]), "r") as note:
        assert note.streams.audio[0].codec_context.name in ("opus", "libopus")
        samples = sum(frame.samples for frame in note.decode(audio=0))
        assert 3 < samples / 48_000 < 10


def test_the_film_has_pictures_and_speech_and_the_gif_has_none() -> None:
    streams = {}
    for sha, one in KEPT.items():
        if one["mime"] == "video/mp4":
            with av.open(io.BytesIO(FILES[sha]), "r") as film:
                streams[one["name"]] = (len(film.streams.video), len(film.streams.audio))
    assert streams == {"crew.mp4": (1, 1), "groan.mp4": (1, 0)}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """What OCR and speech recognition make of every file, by (field, sha256)."""
    folder = tmp_path_factory.mktemp("sample")
    found: dict[tuple[str, str], str] = {}
    with Extractor() as extractor:
        work: dict[str, list[tuple[str, Path, str]]] = {"ocr": [], "asr": []}
        for sha, one in KEPT.items():
            path = folder / f"{sha}{Path(one['name']).suffix}"
            path.write_bytes(FILES[sha])
            for step in steps_for(one["mime"]):
                work[step].append((sha, path, one["mime"]))
        for sha, result in extractor.read("ocr", work["ocr"]):
            if isinstance(result, Text):
                found["ocr_text", sha] = result.text.casefold()
        for sha, result in extractor.read("asr", work["asr"]):
            if isinstance(result, Text):
                found["asr_text", sha] = result.text.casefold()
    return found


def test_every_word_to_be_found_is_read_or_heard_in_its_file_and_nowhere_else(
    texts: dict[tuple[str, str], str],
) -> None:
    for hit in expected()["hits"]:
        if hit["file"] is not None:
            where = {place for place, text in texts.items() if hit["word"].casefold() in text}
            assert where == {(hit["field"], hit["sha256"])}, hit["id"]


def test_only_the_broken_picture_gives_no_text(texts: dict[tuple[str, str], str]) -> None:
    asked = {(f"{step}_text", sha) for sha, one in KEPT.items() for step in steps_for(one["mime"])}
    assert {sha for _, sha in asked - set(texts)} == UNREADABLE
