"""Words that are said are found; silence, noise and music give none."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.extract import material
from tests.extract.data.make import SENTENCES
from tests.extract.material import ENGLISH, GERMAN
from wa_pipeline.extract import Extractor, Failure, Limits, Text
from wa_pipeline.extract.audio import RATE, windows


def hear(extractor: Extractor, path: Path, mime: str = "audio/ogg") -> Text:
    [(_, result)] = extractor.read("asr", [("it", path, mime)])
    assert isinstance(result, Text), result
    return result


def word_errors(said: str, heard: str) -> float:
    wanted, got = (re.findall(r"\w+", text.lower()) for text in (said, heard))
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        previous, row = row, [i]
        for j, other in enumerate(got, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (word != other)))
    return row[-1] / len(wanted)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_voice_note_is_written_down(extractor: Extractor, language: str) -> None:
    result = hear(extractor, material.DATA / f"{language}.opus")
    # Arithmetic in 8 bits rounds as the processor does it: on some, one word more of the eleven is misheard.
    assert word_errors(SENTENCES[language][1], result.text) <= 0.3, result.text
    assert (result.language, result.engine) == (language, "faster-whisper")
    assert result.engine_version.endswith("base int8")
    assert result.confidence is not None
    assert 0.3 < result.confidence <= 1
    assert result.segments
    assert all(a["end"] <= b["start"] + 0.5 for a, b in pairwise(result.segments))


def test_what_is_said_in_a_video_is_written_down(extractor: Extractor, tmp_path: Path) -> None:
    path = material.video(tmp_path / "v.mp4", spoken=material.ENGLISH)
    assert "Wednesday" in hear(extractor, path, "video/mp4").text


def test_a_video_without_sound_was_listened_to_and_says_nothing(extractor: Extractor, tmp_path: Path) -> None:
    result = hear(extractor, material.video(tmp_path / "v.mp4"), "video/mp4")
    assert (result.text, result.confidence, result.language, result.segments) == ("", None, None, [])


def _backwards(shifts: range) -> np.ndarray:
    """Voices in two languages, backwards and on top of each other: no word in it is a word."""
    voices = [np.concatenate([samples for _, samples in windows(path, Limits())]) for path in (ENGLISH, GERMAN)]
    mixed = sum(np.resize(np.roll(voices[n % 2][::-1], n * 9000), RATE * 6) for n in shifts)
    return np.asarray(mixed) * 0.6 / np.abs(mixed).max()


def _sounds() -> dict[str, np.ndarray]:
    chance = np.random.default_rng(1)
    time = np.arange(RATE * 8) / RATE
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 277.2, 329.6)) / 6
    tune = (
        np.concatenate([np.sin(2 * np.pi * p * time[: RATE // 2]) for p in (262, 294, 330, 349, 392, 440, 494, 523)])
        / 3
    )
    return {
        "silence": np.zeros(RATE * 6),
        "hiss": chance.normal(0, 0.1, RATE * 8).clip(-1, 1),
        "hum": np.sin(2 * np.pi * 50 * time) / 2,
        "chord": chord * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * time)),
        "tune": tune,
        "crowd": _backwards(range(6)),
        "backwards": _backwards(range(1)),
        "knocks": chance.normal(0, 0.5, RATE * 8).clip(-1, 1) * (np.arange(RATE * 8) % RATE < 800),
    }


@pytest.mark.parametrize("name", list(_sounds()))
def test_nothing_is_made_up_where_nobody_speaks(extractor: Extractor, tmp_path: Path, name: str) -> None:
    assert hear(extractor, material.sound(tmp_path / f"{name}.wav", _sounds()[name]), "audio/wav").text == ""


def test_a_note_that_is_cut_off_gives_what_it_holds(extractor: Extractor, tmp_path: Path) -> None:
    path = material.cut(material.ENGLISH, tmp_path / "cut.opus", 0.7)
    assert "plumber" in hear(extractor, path).text


def test_long_sound_comes_in_windows_cut_where_it_is_quiet(tmp_path: Path) -> None:
    chance = np.random.default_rng(2)
    loud = chance.normal(0, 0.2, RATE * 25).clip(-1, 1)
    loud[RATE * 9 : RATE * 9 + 8000] = 0
    path = material.sound(tmp_path / "long.wav", loud)
    parts = list(windows(path, Limits(audio_window_seconds=10)))
    assert all(len(samples) <= 10 * RATE for _, samples in parts)
    assert 9 <= parts[1][0] <= 9.5
    whole = np.concatenate([samples for _, samples in parts])
    assert abs(len(whole) - len(loud)) < RATE // 100
    for (start, samples), (following, _) in pairwise(parts):
        assert start + len(samples) / RATE == pytest.approx(following)


def test_words_on_both_sides_of_a_window_are_kept_with_their_times(tmp_path: Path) -> None:
    with Extractor(Limits(audio_window_seconds=4)) as extractor:
        result = hear(extractor, material.ENGLISH)
    assert "plumber" in result.text
    assert "gate" in result.text
    assert result.segments
    assert result.segments[-1]["end"] > 3


def test_what_cannot_be_heard_fails_with_a_reason_and_the_rest_is_done(tmp_path: Path, extractor: Extractor) -> None:
    film = material.video(tmp_path / "v.mp4", spoken=material.ENGLISH)
    (tmp_path / "words.opus").write_text("not a sound at all")
    (tmp_path / "noise.ogg").write_bytes(b"OggS" + np.random.default_rng(0).bytes(5000))
    items = [
        ("cut film", material.cut(film, tmp_path / "cut.mp4"), "video/mp4"),
        ("words", tmp_path / "words.opus", "audio/ogg"),
        ("noise", tmp_path / "noise.ogg", "audio/ogg"),
        ("good", material.ENGLISH, "audio/ogg"),
    ]
    results = dict(extractor.read("asr", items))
    for name in ("cut film", "words", "noise"):
        failure = results[name]
        assert isinstance(failure, Failure)
        assert "sound" in failure.reason
    good = results["good"]
    assert isinstance(good, Text)
    assert "plumber" in good.text


def test_sound_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = material.sound(tmp_path / "long.wav", np.zeros(RATE * 20))
    with Extractor(Limits(audio_seconds=10)) as extractor:
        [(_, result)] = extractor.read("asr", [("it", path, "audio/wav")])
    assert isinstance(result, Failure)
    assert "longer than" in result.reason
