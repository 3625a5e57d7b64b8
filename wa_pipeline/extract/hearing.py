"""Passages of speech to words: one encoding each, shared by language detection and decoding, several at a time.

Whisper is made for windows of 30 s and takes as long for a note of 4 s. Its encoder accepts shorter windows, which
costs accuracy only below 10 s of window or when speech reaches the window's end; passages are therefore heard in a
window of their length and some silence, at least 10 s. What comes out doubtful (loops, low probability, no words), or
is in a language that is no more than a guess, is heard again in a full window, and while it loops or has no words at
higher temperatures. Those draw words by chance: what they say counts only where it is beyond doubt, and such words are
hardly ever likelier than the likeliest. The surest of all that counts is kept.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from wa_pipeline.extract.clean import clean
from wa_pipeline.extract.decoding import Decoder, Spoken, Telling
from wa_pipeline.extract.passages import Passage
from wa_pipeline.extract.results import Segment

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

AT_HAND: Final = 16
"""Passages heard in one go: among so many, several are of one window."""
TOGETHER: Final = 8
"""Passages decoded at a time: each step of decoding reads all weights once, for however many."""
_SHORTEST_WINDOW: Final = 10
_LONGEST_WINDOW: Final = 30
_WINDOW_STEP: Final = 4
_SILENCE_BEHIND: Final = 2
_SURE: Final = 0.5
_PLAINLY: Final = 0.9
_TEMPERATURES: Final = (0.0, 0.4, 0.8)
_MADE_UP: Final = ((0.5, -0.7), (0.3, -1.0))
"""Pairs of a probability that nobody spoke and a mean log-probability of the words: beyond both, they were made up."""


class Heard(NamedTuple):
    """A segment that was kept. `sure`: 0..1, `weight`: its seconds."""

    segment: Segment
    sure: float
    weight: float
    raw: str


class Found(NamedTuple):
    """What was heard in a recording: its language, how likely that is (0..1), and the segments kept."""

    language: str
    sure: float
    heard: list[Heard]


@dataclass
class _Ask:
    """A passage to be heard, of the recording `key`; `tellings`: what has been made of it so far."""

    key: int
    passage: Passage
    tellings: list[Telling] = field(default_factory=list)

    @property
    def best(self) -> Telling:
        return max(self.tellings, key=lambda telling: telling.worth)


class Ear:
    """A loaded model. `languages`: ISO 639-1 codes that detection may choose from, empty for any."""

    def __init__(self, model: WhisperModel, languages: Sequence[str]) -> None:
        self._decoder = Decoder(model)
        self._languages = tuple(languages)

    def hear(
        self, recordings: Mapping[int, Sequence[Passage]], *, known: Mapping[int, str], expected: Mapping[int, str]
    ) -> dict[int, Found]:
        """What is said in each recording (each of one passage at least).

        `known` languages are not asked for again; an `expected` one is taken unless another is plainly heard.
        """
        asks = [_Ask(key, passage) for key, passages in recordings.items() for passage in passages]
        spoken_in = self._first(asks, known, expected)
        guessed = {key for key, (_, sure) in spoken_in.items() if sure < _SURE and key not in expected}
        self._again([ask for ask in asks if ask.best.doubtful or ask.key in guessed], spoken_in, expected)
        found = {}
        for key in recordings:
            mine = sorted((ask for ask in asks if ask.key == key), key=lambda ask: ask.passage.start)
            kept = [_kept(part, ask.passage.start) for ask in mine for part in ask.best.segments if is_speech(part)]
            found[key] = Found(_language(mine), spoken_in[key][1], kept)
        return found

    def _first(
        self, asks: Sequence[_Ask], known: Mapping[int, str], expected: Mapping[int, str]
    ) -> dict[int, tuple[str, float]]:
        """Every passage in a short window; the language each recording is in, and how likely that is."""
        groups = list(_groups(asks))
        encodings = [self._decoder.encode([ask.passage for ask in group], window) for window, group in groups]
        chances: dict[int, Counter[str]] = defaultdict(Counter)
        for (_, group), encoding in zip(groups, encodings, strict=True):
            if any(ask.key not in known for ask in group):
                for ask, found in zip(group, self._decoder.languages(encoding), strict=True):
                    chances[ask.key].update({name: chance * ask.passage.seconds for name, chance in found.items()})
        spoken_in = {
            key: (known[key], 1.0) if key in known else self._likeliest(chances[key], expected.get(key))
            for key in {ask.key for ask in asks}
        }
        for (_, group), encoding in zip(groups, encodings, strict=True):
            languages = [spoken_in[ask.key][0] for ask in group]
            tellings = self._decoder.tell(encoding, [ask.passage for ask in group], languages)
            for ask, telling in zip(group, tellings, strict=True):
                ask.tellings.append(telling)
        return spoken_in

    def _again(
        self, asks: Sequence[_Ask], spoken_in: Mapping[int, tuple[str, float]], expected: Mapping[int, str]
    ) -> None:
        """The full window, in which an uncertain language is asked for once more; then higher temperatures, for what is
        stuck."""
        for at in range(0, len(asks), TOGETHER):
            group = asks[at : at + TOGETHER]
            passages = [ask.passage for ask in group]
            encoding = self._decoder.encode(passages, _LONGEST_WINDOW)
            languages = [
                spoken_in[ask.key][0]
                if spoken_in[ask.key][1] >= _SURE
                else self._likeliest(chances, expected.get(ask.key))[0]
                for ask, chances in zip(group, self._decoder.languages(encoding), strict=True)
            ]
            for temperature in _TEMPERATURES:
                left = [
                    place
                    for place, ask in enumerate(group)
                    if not temperature or (ask.best.doubtful and ask.best.stuck)
                ]
                if left:
                    part = encoding if len(left) == len(group) else self._decoder.part(encoding, left)
                    tellings = self._decoder.tell(
                        part, [passages[n] for n in left], [languages[n] for n in left], temperature
                    )
                    for place, telling in zip(left, tellings, strict=True):
                        if not (temperature and telling.doubtful):
                            group[place].tellings.append(telling)

    def _likeliest(self, chances: Mapping[str, float], expected: str | None) -> tuple[str, float]:
        wanted = {name: chance for name, chance in chances.items() if name in self._languages} or chances
        best = max(wanted, key=lambda name: wanted[name])
        total = sum(wanted.values()) or 1.0
        if expected is not None and expected in wanted and wanted[best] / total < _PLAINLY:
            best = expected
        return best, wanted[best] / total


def is_speech(segment: Spoken) -> bool:
    """Whether the words were said, and not made up over noise or music.

    The model's own estimate of "no speech" alone throws real words away, so a second sign is asked for: how sure it
    was of the words. Text that compresses too well is a loop.
    """
    if not segment.text.strip():
        return False
    if segment.compression_ratio > 2.4 or segment.avg_logprob < -1.5:
        return False
    # The less sure it was of the words, the fainter a sign of no speech suffices.
    return not any(segment.no_speech_prob > silent and segment.avg_logprob < sure for silent, sure in _MADE_UP)


def _groups(asks: Sequence[_Ask]) -> Iterator[tuple[int, list[_Ask]]]:
    """(window in seconds, passages) for all passages, at most TOGETHER of one window: what a passage is heard as must
    not depend on what else is in the batch."""
    by_window: dict[int, list[_Ask]] = defaultdict(list)
    for ask in asks:
        by_window[_window(ask)].append(ask)
    for window, same in sorted(by_window.items()):
        yield from ((window, same[at : at + TOGETHER]) for at in range(0, len(same), TOGETHER))


def _window(ask: _Ask) -> int:
    """In steps, so that passages of similar length share a group."""
    beyond = max(0.0, ask.passage.seconds + _SILENCE_BEHIND - _SHORTEST_WINDOW)
    return min(_LONGEST_WINDOW, _SHORTEST_WINDOW + _WINDOW_STEP * math.ceil(beyond / _WINDOW_STEP))


def _language(asks: Sequence[_Ask]) -> str:
    """The language most of a recording was understood in."""
    seconds: Counter[str] = Counter()
    for ask in asks:
        seconds[ask.best.language] += round(ask.passage.seconds * 1000)
    return seconds.most_common(1)[0][0]


def _kept(segment: Spoken, start: float) -> Heard:
    begin, end = round(start + segment.start, 2), round(start + segment.end, 2)
    shown = Segment(start=begin, end=end, text=clean(segment.text, 10_000))
    return Heard(shown, math.exp(min(0.0, segment.avg_logprob)), max(0.1, end - begin), segment.text)
