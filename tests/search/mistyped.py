"""What a mistyped word is, said without the database: the tests' and the bench's yardstick."""

from __future__ import annotations


def one_letter_away(word: str, typed: str) -> bool:
    """Whether one becomes the other by a letter changed, left out or added, or by two neighbours that change places."""
    if abs(len(word) - len(typed)) > 1:
        return False
    if len(word) == len(typed):
        at = [place for place, (one, other) in enumerate(zip(word, typed, strict=True)) if one != other]
        swapped = len(at) == 2 and at[1] == at[0] + 1 and word[at[0]] + word[at[1]] == typed[at[1]] + typed[at[0]]
        return len(at) == 1 or swapped
    longer, shorter = sorted((word, typed), key=len, reverse=True)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
