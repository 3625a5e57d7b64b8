"""Two engines over one picture: RapidOCR says where lines are and reads those of which Tesseract is not sure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from wa_pipeline.extract.columns import Place, reading_order
from wa_pipeline.extract.rapid import Rapid
from wa_pipeline.extract.scripts import BY_RAPIDOCR, script_of
from wa_pipeline.extract.tesseract import Line, Page, Word, line_of

if TYPE_CHECKING:
    from wa_pipeline.extract.rapid import Boxes, Pixels

    ReadLines = Callable[[Pixels, Sequence[Boxes]], list[Line]]

_SURE = 0.93
_COVERED = 0.75
_KEEP = 0.6
_KEEP_FOREIGN = 0.93


def reconsider(
    picture: Pixels, page: Page, rapid: Rapid, script: str | None, read_lines: ReadLines | None
) -> list[Line]:
    """The lines of a picture from what Tesseract made of it, each that it missed or is unsure of read once more.

    Words where RapidOCR sees no line are textures, unless Tesseract is very sure. `script`: what the picture is likely
    to be in (ISO 15924). `read_lines` has Tesseract read single lines, for scripts that RapidOCR has no model for.
    """
    boxes = rapid.find(picture)
    placed, strays = _placed(page.found, boxes)
    doubtful = [place for place, words in enumerate(placed) if not _sure(words, boxes[place])]
    foreign = any(each and each not in BY_RAPIDOCR for each in (script, script_of(page.text)))
    turned = len(doubtful) > len(boxes) / 2 and _lies(boxes)
    again: dict[int, Line] = {}
    if foreign and read_lines and doubtful:
        again = dict(zip(doubtful, read_lines(picture, [boxes[place] for place in doubtful]), strict=True))
    lines: list[tuple[Place, Line]] = list(strays)
    for place, words in enumerate(placed):
        line = line_of(words)
        if place in doubtful:
            line = max(line, again.get(place, line), key=lambda one: one.confidence)
            if not foreign or line.confidence < _SURE:
                seen = rapid.read(picture, boxes[place], turned=turned)
                line = seen if seen.confidence >= (_KEEP_FOREIGN if foreign else _KEEP) else line
        if line.confidence >= _KEEP:
            lines.append((_bounds(boxes[place]), line))
    order = reading_order([where for where, _ in lines])
    return [lines[place][1] for place in order if lines[place][1].text]


def _placed(words: Sequence[Word], boxes: Boxes) -> tuple[list[list[Word]], list[tuple[Place, Line]]]:
    """The words in each box, and those lines in none that Tesseract is sure of, each with its place in the picture."""
    placed: list[list[Word]] = [[] for _ in boxes]
    astray: dict[tuple[int, ...], list[Word]] = {}
    corners = [_bounds(box) for box in boxes]
    for word in words:
        x, y = word.left + word.width / 2, word.top + word.height / 2
        inside = [
            place for place, (left, top, right, below) in enumerate(corners) if left <= x <= right and top <= y <= below
        ]
        if inside:
            placed[min(inside, key=lambda place: abs((corners[place][1] + corners[place][3]) / 2 - y))].append(word)
        else:
            astray.setdefault(word.line, []).append(word)
    outside = [(_around(found), line_of(found)) for found in astray.values()]
    return placed, [(where, line) for where, line in outside if line.confidence >= _SURE]


def _bounds(box: Boxes) -> Place:
    return Place(*map(float, (*box.min(axis=0), *box.max(axis=0))))


def _around(words: Sequence[Word]) -> Place:
    return Place(
        min(word.left for word in words),
        min(word.top for word in words),
        max(word.left + word.width for word in words),
        max(word.top + word.height for word in words),
    )


def _sure(words: Sequence[Word], box: Boxes) -> bool:
    """Whether Tesseract read the whole of a box and doubts no word of it."""
    if not words:
        return False
    wide = float(box[:, 0].max() - box[:, 0].min())
    covered = max(word.left + word.width for word in words) - min(word.left for word in words)
    return covered >= _COVERED * wide and min(word.confidence for word in words) >= _SURE


def _lies(boxes: Boxes) -> bool:
    """Whether most lines run from top to bottom: the picture lies on its side, or is a column of single characters."""
    tall = sum(
        float(box[:, 1].max() - box[:, 1].min()) > 1.5 * float(box[:, 0].max() - box[:, 0].min()) for box in boxes
    )
    return tall > len(boxes) / 2
