"""The words around a place in a text."""

from __future__ import annotations

MARGIN = 60


def snippet(text: str, start: int, end: int) -> str:
    """The words around text[start:end] on one line, cut at spaces where there are any near; … marks a cut."""
    left = max(0, start - MARGIN)
    right = min(len(text), end + MARGIN)
    if left and (space := text.find(" ", left, start)) != -1:
        left = space + 1
    if right < len(text) and (space := text.rfind(" ", end, right)) != -1:
        right = space
    words = " ".join(text[left:right].split())
    return ("…" if left else "") + words + ("…" if right < len(text) else "")


__all__ = ["snippet"]
