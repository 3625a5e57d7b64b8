"""What somebody typed, taken apart: what a message must hold, and what it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wa_pipeline.errors import WaError

Mode = Literal["substring", "words", "typo"]
MODES: tuple[Mode, ...] = ("substring", "words", "typo")
MOST_PIECES = 20
LEAST_LETTERS = 5
"""Of a word that may be mistyped: shorter ones are few enough letters to be typed right, and too few to tell apart."""
SEPARATOR = "\x1f"

# A phrase or an exclusion stands by itself between spaces; a hyphen or a quotation mark elsewhere is just a sign.
_APART = re.compile(r'(?<!\S)(?:(-?)"([^"]+)"|-([^\W_]\S*))(?!\S)')
_TRIGRAM = re.compile(r"[^\W_]{3}")
_EDGE = re.compile(r"[\x01-/]")


class BadQuery(WaError):
    """The search cannot be made: {reason}."""


@dataclass(frozen=True)
class Piece:
    """Something a message must hold, as a substring. `forgiving`: a word with a letter wrong will do; `near`: the words
    there are of which that can be said, one of which may stand at the beginning of a word instead."""

    text: str
    forgiving: bool = False
    near: tuple[str, ...] = ()

    @property
    def any_of(self) -> tuple[str, ...]:
        """Substrings of which a message that holds it has at least one."""
        return (self.text, *self.near)

    @property
    def has_trigrams(self) -> bool:
        """Whether pg_trgm can look it up: three letters or digits in a row."""
        return bool(_TRIGRAM.search(self.text))

    @property
    def has_grams(self) -> bool:
        """Whether its exact grams say something that its trigrams do not."""
        return not self.near and (not self.has_trigrams or bool(_EDGE.search(self.text)))


@dataclass(frozen=True)
class Terms:
    """All of `pieces`, anywhere in a message's words, and none of `without`."""

    pieces: tuple[Piece, ...]
    without: tuple[str, ...] = ()

    @property
    def has_near(self) -> bool:
        return any(piece.near for piece in self.pieces)

    def with_near(self, near: Sequence[tuple[int, str]]) -> Terms:
        """The same with the words near to the forgiving pieces, each with the number of its piece."""
        pieces = list(self.pieces)
        for number, piece in enumerate(pieces):
            words = [word for at, word in near if at == number]
            pieces[number] = replace(piece, near=tuple(_fewest(piece.text, words)))
        return replace(self, pieces=tuple(pieces))


def parse(typed: str, mode: Mode = "substring") -> Terms:
    """The terms meant. Raises `BadQuery` where it holds too many.

    "…" between spaces is a phrase and -word or -"…" an exclusion, in every mode. What is left is one substring for each
    stretch between those (`substring`), or its words one by one (`words`, `typo`). Where nothing is left to look for,
    all of it is one substring as it stands.
    """
    wanted: list[Piece] = []
    without: list[str] = []
    begin = 0
    for found in _APART.finditer(typed):
        wanted += _stretch(typed[begin : found.start()], mode)
        begin = found.end()
        minus, phrase, word = found.groups()
        if word or minus:
            without.append(word or phrase)
        else:
            wanted.append(Piece(phrase))
    if not begin and mode == "substring":
        return Terms((Piece(typed),))
    wanted += _stretch(typed[begin:], mode)
    if len(wanted) + len(without) > MOST_PIECES:
        raise BadQuery(reason=f"more than {MOST_PIECES} words to look for")
    return Terms(tuple(wanted), tuple(without)) if wanted else Terms((Piece(typed),))


def _stretch(text: str, mode: Mode) -> Iterator[Piece]:
    if mode == "substring":
        if text.strip():
            yield Piece(text.strip())
        return
    for word in text.split():
        yield Piece(word, forgiving=mode == "typo" and sum(sign.isalpha() for sign in word) >= LEAST_LETTERS)


def _fewest(text: str, words: Sequence[str]) -> Iterator[str]:
    """Without words that are found with another of them, or with the text itself."""
    for word in words:
        if text.lower() not in word and not any(word != other and word.startswith(other) for other in words):
            yield word


__all__ = ["MODES", "SEPARATOR", "BadQuery", "Mode", "Piece", "Terms", "parse"]
