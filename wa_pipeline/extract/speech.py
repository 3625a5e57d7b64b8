"""The speech step inside a worker: what is said in voice notes, and in the sound of videos."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version

from wa_pipeline.extract.audio import windows
from wa_pipeline.extract.clean import clean
from wa_pipeline.extract.heap import keep_what_is_freed
from wa_pipeline.extract.hearing import AT_HAND, Ear, Found, Heard
from wa_pipeline.extract.images import Unreadable
from wa_pipeline.extract.messages import Item, Reply, Result, Working
from wa_pipeline.extract.model import ModelSource, find_model, load_model
from wa_pipeline.extract.passages import Passage, passages
from wa_pipeline.extract.results import Failure, Limits, Text

ENGINE = "faster-whisper"
_LOAD_SECONDS = 300.0
_FETCH_SECONDS = 3600.0
_SURE = 0.5


def speech_version(model: ModelSource) -> str:
    """Library and model, as texts heard by them bear it."""
    return f"{version(ENGINE)} {model.name} int8"


@dataclass
class _Recording:
    """A file being heard. `language`: found for certain, `spoken_in`: as heard; `spent`: seconds of work so far."""

    item: Item
    language: str | None = None
    spoken_in: str | None = None
    waiting: list[Passage] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    spent: float = 0.0


class Speech:
    """The model of one worker; loaded when the first file needs it."""

    def __init__(self, limits: Limits, model: str | None, languages: Sequence[str], threads: int) -> None:
        self._limits = limits
        self._source = find_model(model)
        self._languages = tuple(languages)
        self._threads = threads

    @cached_property
    def ear(self) -> Ear:
        model = load_model(self._source, self._threads)
        keep_what_is_freed()
        return Ear(model, self._languages)

    @property
    def version(self) -> str:
        return speech_version(self._source)

    def load(self) -> Iterator[Reply]:
        """Loads the model, saying first how long that may take."""
        yield Working((), _FETCH_SECONDS if self._source.kind == "hub" else _LOAD_SECONDS)
        _ = self.ear

    def read(self, items: Sequence[Item]) -> Iterator[Reply]:
        """Replies for the items: short ones are heard several together, long ones piece by piece."""
        together: list[_Recording] = []
        for item in items:
            recording = _Recording(item)
            try:
                yield from self._take_in(recording)
            except Unreadable as error:
                yield Result(item.index, Failure(str(error), _ms(recording)))
                continue
            together.append(recording)
            if sum(len(one.waiting) for one in together) >= AT_HAND:
                yield from self._finish(together)
                together = []
        yield from self._finish(together)

    def _take_in(self, recording: _Recording) -> Iterator[Reply]:
        """Decodes the file; of a long one, all but the last minutes are heard on the way, so memory stays bounded."""
        began = time.monotonic()
        yield self._working([recording])
        try:
            some = not recording.item.mime.startswith("audio/")
            for start, samples in windows(recording.item.path, self._limits):
                some = True
                yield self._working([recording])
                if len(recording.waiting) >= AT_HAND:
                    self._hear([recording])
                recording.waiting += passages(samples, start)
            if not some:
                raise Unreadable("there is no sound in it")
        finally:
            recording.spent += time.monotonic() - began

    def _finish(self, recordings: Sequence[_Recording]) -> Iterator[Reply]:
        began = time.monotonic()
        yield self._working(recordings)
        self._hear([one for one in recordings if one.waiting])
        share = (time.monotonic() - began) / (len(recordings) or 1)
        for recording in recordings:
            recording.spent += share
            yield Result(recording.item.index, self._text(recording))

    def _hear(self, recordings: Sequence[_Recording]) -> None:
        """What waits in the recordings, as words; a language found for certain is kept for the rest of its file."""
        found = self._ear_on(recordings)
        for recording in recordings:
            language, sure, heard = found[recording.item.index]
            recording.heard += heard
            recording.waiting = []
            if heard:
                recording.spoken_in = language
            if sure >= _SURE:
                recording.language = language

    def _ear_on(self, recordings: Sequence[_Recording]) -> dict[int, Found]:
        return self.ear.hear(
            {one.item.index: one.waiting for one in recordings},
            known={one.item.index: one.language for one in recordings if one.language},
            expected={one.item.index: one.item.language for one in recordings if one.item.language},
        )

    def _working(self, recordings: Sequence[_Recording]) -> Working:
        return Working(tuple(one.item.index for one in recordings), self._limits.asr_stretch_seconds)

    def _text(self, recording: _Recording) -> Text:
        heard = recording.heard
        weight = sum(one.weight for one in heard)
        sure = sum(one.sure * one.weight for one in heard) / weight if weight else None
        return Text(
            clean("".join(one.raw for one in heard), self._limits.text_chars),
            None if sure is None else round(sure, 4),
            recording.spoken_in if heard else None,
            ENGINE,
            self.version,
            _ms(recording),
            [one.segment for one in heard],
        )


def _ms(recording: _Recording) -> int:
    return round(recording.spent * 1000)
