"""The speech step inside a worker: what is said in voice notes, and in the sound of videos."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from wa_pipeline.extract.audio import windows
from wa_pipeline.extract.clean import clean
from wa_pipeline.extract.images import Unreadable
from wa_pipeline.extract.messages import Item, Reply, Result, Working
from wa_pipeline.extract.model import find_model, load_model
from wa_pipeline.extract.results import Failure, Limits, Segment, Text

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment as Spoken

    from wa_pipeline.extract.audio import Samples

_ENGINE = "faster-whisper"
_LOAD_SECONDS = 300.0
_FETCH_SECONDS = 3600.0
_SURE = 0.5


class Heard(NamedTuple):
    """A segment that was kept; `sure`: 0..1, `weight`: its seconds."""

    segment: Segment
    sure: float
    weight: float
    raw: str


class Speech:
    """The model of one worker; loaded when the first file needs it."""

    def __init__(self, limits: Limits, model: str | None, languages: Sequence[str], threads: int) -> None:
        self._limits = limits
        self._source = find_model(model)
        self._languages = tuple(languages)
        self._threads = threads

    @cached_property
    def model(self) -> WhisperModel:
        return load_model(self._source, self._threads)

    @property
    def version(self) -> str:
        return f"{version(_ENGINE)} {self._source.name} int8"

    def load(self) -> Iterator[Reply]:
        """Loads the model, saying first how long that may take."""
        yield Working((), _FETCH_SECONDS if self._source.kind == "hub" else _LOAD_SECONDS)
        _ = self.model

    def read(self, items: Sequence[Item]) -> Iterator[Reply]:
        """Replies for the items, one after the other."""
        for item in items:
            began = time.monotonic()
            heard: list[Heard] = []
            language: str | None = None
            try:
                yield self._working(item)
                for start, samples in windows(item.path, self._limits):
                    yield self._working(item)
                    language, found = self._window(samples, start, language)
                    heard += found
            except Unreadable as error:
                yield Result(item.index, Failure(str(error), _ms(began)))
            else:
                yield Result(item.index, self._text(heard, language, began))

    def _working(self, item: Item) -> Working:
        return Working((item.index,), self._limits.asr_stretch_seconds)

    def _window(self, samples: Samples, start: float, language: str | None) -> tuple[str | None, list[Heard]]:
        """What is said in one window; the language found in an earlier one is kept."""
        from faster_whisper.vad import get_speech_timestamps

        if not get_speech_timestamps(samples):
            return language, []
        spoken_in = language
        if spoken_in is None:
            spoken_in, probability = self._language(samples)
            language = spoken_in if probability >= _SURE else None
        segments, _ = self.model.transcribe(
            samples,
            language=spoken_in,
            vad_filter=True,
            condition_on_previous_text=False,
            temperature=(0.0, 0.2, 0.4, 0.6),
        )
        heard = [_heard(segment, start) for segment in segments if is_speech(segment)]
        return (language or spoken_in if heard else language), heard

    def _language(self, samples: Samples) -> tuple[str, float]:
        """The likeliest language, among those the user speaks if they said so."""
        best, probability, every = self.model.detect_language(samples, vad_filter=True)
        wanted = {name: chance for name, chance in every if name in self._languages}
        if not wanted:
            return best, probability
        total = sum(wanted.values()) or 1.0
        best = max(wanted, key=lambda name: wanted[name])
        return best, wanted[best] / total

    def _text(self, heard: list[Heard], language: str | None, began: float) -> Text:
        weight = sum(one.weight for one in heard)
        sure = sum(one.sure * one.weight for one in heard) / weight if weight else None
        return Text(
            clean("".join(one.raw for one in heard), self._limits.text_chars),
            None if sure is None else round(sure, 4),
            language if heard else None,
            _ENGINE,
            self.version,
            _ms(began),
            [one.segment for one in heard],
        )


def is_speech(segment: Spoken) -> bool:
    """Whether the words were said, and not made up over noise or music.

    The model's own estimate of "no speech" alone throws real words away, so a second sign is asked for: how sure it
    was of the words. Text that compresses too well is a loop.
    """
    if not segment.text.strip():
        return False
    if segment.compression_ratio > 2.4 or segment.avg_logprob < -1.5:
        return False
    return not (segment.no_speech_prob > 0.5 and segment.avg_logprob < -0.7)


def _heard(segment: Spoken, start: float) -> Heard:
    begin, end = round(start + segment.start, 2), round(start + segment.end, 2)
    shown = Segment(start=begin, end=end, text=clean(segment.text, 10_000))
    return Heard(
        shown,
        math.exp(min(0.0, segment.avg_logprob)),
        max(0.1, end - begin),
        segment.text,
    )


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
