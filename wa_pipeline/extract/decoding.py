"""The model's own steps: sound to an encoding, an encoding to languages and to words, for several passages at once."""

from __future__ import annotations

import re
import string
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from wa_pipeline.extract.audio import RATE
from wa_pipeline.extract.passages import Passage

if TYPE_CHECKING:
    import numpy as np
    from ctranslate2 import StorageView
    from ctranslate2.models import WhisperGenerationResult
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer
    from numpy.typing import NDArray

_FRAMES_A_SECOND: Final = 100
_TOKENS_A_SECOND: Final = 12
_TOKENS: Final = 32
_LEAST_SURE: Final = -1.0
_LOOP: Final = 2.4
_STUTTER: Final = re.compile(r"(\S{2,12}?)\1{4,}")
_STUTTER_AT_LEAST: Final = 20
"""Characters: shorter ones are laughter."""
_TELLING_SECONDS: Final = 1.5


class Spoken(NamedTuple):
    """A segment as the model gives it; times in seconds within its passage."""

    start: float
    end: float
    text: str
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float


class Telling(NamedTuple):
    """What the model makes of a passage, in a language. `avg_logprob`: over all tokens."""

    language: str
    segments: Sequence[Spoken]
    avg_logprob: float
    text: str
    doubtful: bool
    """It was unsure, went round in circles, or found no words where somebody speaks: worth hearing again."""

    @property
    def stuck(self) -> bool:
        """It found no words, or went round in circles: other words than the likeliest may lead out of that."""
        return not self.text.strip() or is_loop(self.text)

    @property
    def worth(self) -> tuple[bool, bool, float]:
        """Greater is better: words rather than none, no loop, then how sure it is."""
        return bool(self.text.strip()), not is_loop(self.text), self.avg_logprob


class Decoder:
    """A loaded model, asked for one thing at a time."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self._tokenizers: dict[str, Tokenizer] = {}

    def encode(self, passages: Sequence[Passage], window: int) -> StorageView:
        """One encoding of all passages, each followed by silence to `window` seconds (30 at most)."""
        import numpy as np
        from faster_whisper.transcribe import get_ctranslate2_storage

        # One by one takes as long as all at once, and an eighth of the memory.
        features = (get_ctranslate2_storage(self._features(passage, window)[np.newaxis]) for passage in passages)
        return get_ctranslate2_storage(np.concatenate([np.asarray(self._model.model.encode(one)) for one in features]))

    def part(self, encoding: StorageView, places: Sequence[int]) -> StorageView:
        """The encoding of some of its passages."""
        import numpy as np
        from faster_whisper.transcribe import get_ctranslate2_storage

        return get_ctranslate2_storage(np.asarray(encoding)[list(places)])

    def languages(self, encoding: StorageView) -> list[dict[str, float]]:
        """The probability of each language, for each passage of the encoding."""
        found = self._model.model.detect_language(encoding)
        return [{token[2:-2]: chance for token, chance in chances} for chances in found]

    def tell(
        self, encoding: StorageView, passages: Sequence[Passage], languages: Sequence[str], temperature: float = 0.0
    ) -> list[Telling]:
        """The passages of an encoding as words; above temperature 0 by chance, as the model weighs its words."""
        from faster_whisper.transcribe import get_suppressed_tokens

        tokenizers = [self._tokenizer(language) for language in languages]
        sampling = {"sampling_topk": 0, "sampling_temperature": temperature} if temperature else {}
        results = self._model.model.generate(
            encoding,
            [self._model.get_prompt(tokenizer, []) for tokenizer in tokenizers],
            beam_size=1,
            max_length=min(self._model.max_length, self._most_tokens(passages)),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizers[0], [-1]),
            max_initial_timestamp_index=round(1.0 / self._model.time_precision),
            **sampling,
        )
        pieces = zip(passages, languages, results, strict=True)
        return [self._telling(passage, language, result) for passage, language, result in pieces]

    def _features(self, passage: Passage, window: int) -> NDArray[np.float32]:
        import numpy as np

        padded = np.zeros(window * RATE, np.float32)
        padded[: len(passage.samples)] = passage.samples
        features = self._model.feature_extractor(padded, padding=0)[:, : window * _FRAMES_A_SECOND]
        return np.asarray(features, np.float32)

    def _most_tokens(self, passages: Sequence[Passage]) -> int:
        """Nobody says more in that time: what goes on and on is a loop, and would hold up the others."""
        return _TOKENS + round(_TOKENS_A_SECOND * max(passage.seconds for passage in passages))

    def _telling(self, passage: Passage, language: str, result: WhisperGenerationResult) -> Telling:
        tokens = result.sequences_ids[0]
        sure = result.scores[0] * len(tokens) / (len(tokens) + 1)
        tokenizer = self._tokenizer(language)
        segments = [
            Spoken(start, end, text, sure, compression(text), result.no_speech_prob)
            for start, end, text in _segments(tokens, tokenizer, self._model.time_precision, passage.seconds)
        ]
        text = "".join(segment.text for segment in segments)
        silent = not text.strip()
        doubtful = passage.seconds > _TELLING_SECONDS if silent else sure < _LEAST_SURE or is_loop(text)
        return Telling(language, segments, sure, text, doubtful)

    def _tokenizer(self, language: str) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        if language not in self._tokenizers:
            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=language
            )
        return self._tokenizers[language]


def compression(text: str) -> float:
    """How much shorter the text gets when compressed: above 2.4 it repeats itself."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def is_loop(text: str) -> bool:
    """Whether the text compresses too well, three words in a row come four times or more, or a third of all is one
    word or one piece of a word over and over."""
    words = [word.strip(string.punctuation) for word in text.lower().split()]
    threes = list(zip(words, words[1:], words[2:], strict=False))
    stutters = sum(len(found[0]) for found in _STUTTER.finditer(text.lower()))
    if compression(text) > _LOOP or stutters >= max(_STUTTER_AT_LEAST, len(text) / 3):
        return True
    return len(threes) >= 10 and (
        max(map(threes.count, set(threes))) >= 4 or max(map(words.count, set(words))) >= len(words) / 3
    )


def _segments(
    tokens: Sequence[int], tokenizer: Tokenizer, precision: float, seconds: float
) -> Iterator[tuple[float, float, str]]:
    """(start, end, text) between each pair of timestamps; what follows the last one lasts to the passage's end."""
    first = tokenizer.timestamp_begin
    start = 0.0
    words: list[int] = []
    for token in tokens:
        if token < tokenizer.eot:
            words.append(token)
        elif token >= first:
            at = min(seconds, (token - first) * precision)
            if words:
                yield start, max(start, at), tokenizer.decode(words)
                words = []
            start = at
    if words:
        yield start, max(start, seconds), tokenizer.decode(words)
