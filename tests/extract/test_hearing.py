"""Passages end at pauses and fit the model; loops are noticed; a chat's language is kept unless another is plain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.extract import material
from tests.extract.data.make import SENTENCES
from wa_pipeline.extract.audio import RATE, windows
from wa_pipeline.extract.decoding import Spoken, Telling, is_loop
from wa_pipeline.extract.hearing import TOGETHER, Ear, _Ask, _groups, is_speech
from wa_pipeline.extract.model import find_model, load_model
from wa_pipeline.extract.passages import LONGEST, Passage, _joined, passages
from wa_pipeline.extract.results import Limits


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear(load_model(find_model(None), 1), ())


def spoken(path: Path) -> list[Passage]:
    return [passage for start, samples in windows(path, Limits()) for passage in passages(samples, start)]


@given(st.lists(st.tuples(st.integers(0, 8 * RATE), st.integers(1, 26 * RATE)), max_size=30))
def test_neighbours_join_into_passages_that_fit_the_model_and_lose_nothing(gaps: list[tuple[int, int]]) -> None:
    spans, at = [], 0
    for silence, length in gaps:
        spans.append((at + silence, at + silence + length))
        at = spans[-1][1]
    joined = _joined(spans)
    assert all(end - begin <= LONGEST * RATE for begin, end in joined)
    assert all(a[1] <= b[0] for a, b in pairwise(joined))
    assert all(any(begin <= a and b <= end for begin, end in joined) for a, b in spans)


@given(st.lists(st.floats(0.1, 27), min_size=1, max_size=60))
def test_every_passage_is_heard_once_among_few_of_its_length(lengths: list[float]) -> None:
    asks = [_Ask(n, Passage(0.0, np.zeros(int(length * RATE), np.float32))) for n, length in enumerate(lengths)]
    groups = list(_groups(asks))
    assert sorted(ask.key for _, group in groups for ask in group) == list(range(len(lengths)))
    for window, group in groups:
        assert len(group) <= TOGETHER
        assert window <= 30
        assert all(ask.passage.seconds + 2 <= window + 1e-6 or window == 30 for ask in group)


def test_loops_are_told_from_speech() -> None:
    assert is_loop(" one two three" * 6)
    assert is_loop("ha" * 60)
    assert is_loop("nabur, steig, nabur ahta, m'il, s'il, nabur nabur ahta, m'il, nabur ahta, m'il, nabur")
    assert is_loop("nabor steg nabor ata niel zeil, nuenruspanjaz new nusmusmusmusmusmusmusmusmusmusmusmusmus")
    assert is_loop("n'n bors degg n'n'n'n'n'n'n'n'n'n'n'n'n'n'n'n'n'n'n'n'n'n")
    assert not is_loop("Ja, ja, ja, ja! Am Samstag sind wir da.")
    assert not is_loop("Hahahahahaha, you should have seen his face when the geese came back for the bread!")
    assert not is_loop(SENTENCES["en"][1])
    assert not is_loop(SENTENCES["de"][1])


def test_unsure_words_over_what_is_hardly_speech_are_dropped() -> None:
    assert not is_speech(Spoken(0, 2, " Thank you.", -0.9, 1.0, 0.8))
    assert is_speech(Spoken(0, 2, " Thank you.", -0.3, 1.0, 0.8))
    assert is_speech(Spoken(0, 2, " Thank you.", -0.9, 1.0, 0.1))
    assert not is_speech(Spoken(0, 2, " Thank you.", -1.2, 1.0, 0.4))
    assert is_speech(Spoken(0, 2, " Thank you.", -1.2, 1.0, 0.1))
    assert not is_speech(Spoken(0, 2, " ", -0.1, 1.0, 0.0))


def test_a_plain_language_wins_over_the_expected_one(ear: Ear) -> None:
    found = ear.hear({1: spoken(material.GERMAN)}, known={}, expected={1: "en"})
    assert found[1].language == "de"


def test_the_expected_language_decides_where_the_sound_leaves_it_open(ear: Ear) -> None:
    assert ear._likeliest({"cy": 0.5, "en": 0.4, "nl": 0.1}, "en")[0] == "en"
    assert ear._likeliest({"cy": 0.95, "en": 0.05}, "en")[0] == "cy"
    assert ear._likeliest({"cy": 0.5, "en": 0.4}, None)[0] == "cy"


def test_several_notes_heard_together_are_what_each_is_alone(ear: Ear) -> None:
    notes = {1: spoken(material.ENGLISH), 2: spoken(material.GERMAN), 3: spoken(material.ENGLISH)}
    together = ear.hear(notes, known={}, expected={})
    for key, passages_of_note in notes.items():
        alone = ear.hear({key: passages_of_note}, known={}, expected={})[key]
        assert [one.raw for one in together[key].heard] == [one.raw for one in alone.heard]
        assert together[key].language == alone.language


Asked = list[tuple[int, float]]


def _asked(
    ear: Ear, monkeypatch: pytest.MonkeyPatch, expected: dict[int, str] | None = None, **made_of_it: Any
) -> Asked:
    """(window in seconds, temperature) of each time a note is heard of which every telling is changed so."""
    asked: Asked = []
    tell, encode = ear._decoder.tell, ear._decoder.encode
    window = 0

    def encoding(passages: Sequence[Passage], seconds: int) -> object:
        nonlocal window
        window = seconds
        return encode(passages, seconds)

    def telling(encoded: Any, passages: Any, languages: Any, temperature: float = 0.0) -> list[Telling]:
        asked.append((window, temperature))
        return [told._replace(**made_of_it) for told in tell(encoded, passages, languages, temperature)]

    monkeypatch.setattr(ear._decoder, "encode", encoding)
    monkeypatch.setattr(ear._decoder, "tell", telling)
    found = ear.hear({1: spoken(material.ENGLISH)}, known={}, expected=expected or {})[1]
    assert "plumber" in "".join(one.raw for one in found.heard)
    return asked


@pytest.mark.parametrize("text", ["", " one two three" * 8], ids=["no words", "a loop"])
def test_what_is_stuck_is_heard_again_in_a_full_window_and_warmer(
    ear: Ear, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    asked = _asked(ear, monkeypatch, doubtful=True, text=text)
    assert asked == [(10, 0.0), (30, 0.0), (30, 0.4), (30, 0.8)]


def test_what_is_only_unsure_is_heard_again_in_a_full_window(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words drawn by chance are less likely still, and would never count."""
    assert _asked(ear, monkeypatch, doubtful=True) == [(10, 0.0), (30, 0.0)]


def test_a_language_that_is_a_guess_is_heard_again_in_a_full_window_unless_the_chat_tells_it(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_between_three(encoding: Any) -> list[dict[str, float]]:
        return [{"en": 0.4, "nl": 0.35, "cy": 0.25}] * encoding.shape[0]

    monkeypatch.setattr(ear._decoder, "languages", open_between_three)
    assert _asked(ear, monkeypatch) == [(10, 0.0), (30, 0.0)]
    monkeypatch.undo()
    monkeypatch.setattr(ear._decoder, "languages", open_between_three)
    assert _asked(ear, monkeypatch, expected={1: "en"}) == [(10, 0.0)]


def test_the_surest_telling_is_kept_and_a_loop_never_while_there_is_another() -> None:
    loop = Telling("en", [], -0.1, " one two three" * 8, doubtful=True)
    unsure = Telling("en", [], -1.2, " the plumber comes", doubtful=True)
    nothing = Telling("en", [], -0.2, "", doubtful=True)
    assert max([nothing, loop, unsure], key=lambda telling: telling.worth) == unsure
