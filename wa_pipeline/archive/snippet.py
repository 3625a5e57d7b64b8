"""The words around a place in a text, and the second at which they were said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

MARGIN = 60


def marked(text: str, start: int, end: int, terms: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The words around text[start:end] on one line, and the places in them of that and of every other term.

    Cut at spaces where there are any near; … marks a cut. Places are (begin, end) in characters, in order, apart.
    """
    left = max(0, start - MARGIN)
    right = min(len(text), end + MARGIN)
    if left and (space := text.find(" ", left, start)) != -1:
        left = space + 1
    if right < len(text) and (space := text.rfind(" ", end, right)) != -1:
        right = space
    before = ("…" if left else "") + _one_line(text[left:start]).lstrip()
    hit = _one_line(text[start:end])
    after = _one_line(text[end:right]).rstrip() + ("…" if right < len(text) else "")
    if not after.strip("…"):
        hit = hit.rstrip() or hit
    if before in ("", "…"):
        hit = hit.lstrip() or hit
    shown = before + hit + after
    places = [(len(before), len(before) + len(hit)), *_places(shown, terms)]
    return shown, tuple(_apart(sorted(places)))


def snippet(text: str, start: int, end: int) -> str:
    """The words around text[start:end], as `marked` shows them."""
    return marked(text, start, end, ())[0]


def second_of(text: str, place: int, segments: Sequence[Mapping[str, object]]) -> float | None:
    """When in a recording the words at text[place] were said; None where its timed segments do not tell."""
    at, second = 0, None
    for segment in segments:
        words, start = str(segment.get("text", "")).strip(), segment.get("start")
        begin = text.find(words, at) if words else -1
        if begin == -1 or not isinstance(start, int | float):
            continue
        if begin > place:
            break
        second, at = round(float(start), 2), begin + len(words)
    return second


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _places(shown: str, terms: Sequence[str]) -> Iterator[tuple[int, int]]:
    lowered = shown.lower()
    # Lower case that is longer than what it came from would shift every place after it.
    if len(lowered) != len(shown):
        return
    for term in terms:
        wanted = _one_line(term).lower()
        begin = lowered.find(wanted) if wanted.strip() else -1
        while begin != -1:
            yield begin, begin + len(wanted)
            begin = lowered.find(wanted, begin + len(wanted))


def _apart(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Places that touch or overlap become one."""
    begin, end = places[0]
    for following, its_end in places[1:]:
        if following <= end:
            end = max(end, its_end)
        else:
            yield begin, end
            begin, end = following, its_end
    yield begin, end


__all__ = ["MARGIN", "marked", "second_of", "snippet"]
