"""Which parts of a recording are speech, cut into passages a model can hear at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from wa_pipeline.extract.audio import RATE

if TYPE_CHECKING:
    from wa_pipeline.extract.audio import Samples

LONGEST: Final = 27.0
"""Seconds. The model hears 30 s at most, and a passage begins and ends with some silence."""
_FULL: Final = 16.0
"""Seconds up to which neighbours are joined: longer ones cost more a second and are no better understood."""
_PAUSE_MS: Final = 400
_MARGIN_MS: Final = 500
"""A word's beginning is told better, and its language too, where silence is heard before it."""


class Passage(NamedTuple):
    """A stretch with speech in it. `start`: seconds from the beginning of the recording."""

    start: float
    samples: Samples

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def passages(samples: Samples, start: float) -> list[Passage]:
    """The speech in samples that begin `start` seconds into the recording, cut at pauses; none where nobody speaks."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=_PAUSE_MS,
        speech_pad_ms=_MARGIN_MS,
        max_speech_duration_s=LONGEST - 2 * _MARGIN_MS / 1000,
    )
    spoken = [(int(part["start"]), int(part["end"])) for part in get_speech_timestamps(samples, options)]
    return [Passage(start + begin / RATE, samples[begin:end]) for begin, end in _joined(spoken)]


def _joined(spoken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbours together, with the pauses between them, while that is short."""
    joined: list[tuple[int, int]] = []
    for begin, end in spoken:
        if joined and end - joined[-1][0] <= _FULL * RATE:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined
