"""What somebody typed, taken apart: what a message must hold, and what it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from wa_pipeline.errors import WaError

Mode = Literal["substring", "words", "typo"]
MODES: tuple[Mode, ...] = ("substring", "words", "typo")
MOST_PIECES = 20
SEPARATOR = "\x1f"

# A phrase or an exclusion stands by itself between spaces; a hyphen or a quotation mark elsewhere is just a sign.
_APART = re.compile(r'(?<!\S)(?:(-?)"([^"]+)"|-([^\W_]\S*))(?!\S)')
_TRIGRAM = re.compile(r"[^\W_]{3}")
_EDGE = re.compile(r"[\x01-/]")


class BadQuery(WaError):
    """The search cannot be made: {reason}."""


@dataclass(frozen=True)
class Piece:
    """Something a message must hold, as a substring; with `similar`, as a word about as similar as that (0 to 1)."""

    text: str
    similar: float | None = None

    @property
    def has_trigrams(self) -> bool:
        """Whether pg_trgm can look it up: three letters or digits in a row."""
        return self.similar is not None or bool(_TRIGRAM.search(self.text))

    @property
    def has_grams(self) -> bool:
        """Whether its exact grams say something that its trigrams do not."""
        return self.similar is None and (not self.has_trigrams or bool(_EDGE.search(self.text)))


@dataclass(frozen=True)
class Terms:
    """All of `pieces`, anywhere in a message's words, and none of `without`."""

    pieces: tuple[Piece, ...]
    without: tuple[str, ...] = ()

    @property
    def by_similarity(self) -> bool:
        return any(piece.similar is not None for piece in self.pieces)

    @property
    def threshold(self) -> float:
        """The least similarity any piece asks for; 1 where none does."""
        return min((piece.similar for piece in self.pieces if piece.similar is not None), default=1.0)


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
        yield Piece(word, _enough(word) if mode == "typo" else None)


def _enough(word: str) -> float | None:
    """How similar a word with one wrong letter still is: a wrong one spoils three of its trigrams. Short words are few
    enough letters to be typed right, and too few to tell apart otherwise."""
    letters = sum(sign.isalnum() for sign in word)
    return round((letters - 2) / (letters + 1) - 0.01, 3) if letters >= 5 else None


__all__ = ["MODES", "SEPARATOR", "BadQuery", "Mode", "Piece", "Terms", "parse"]
