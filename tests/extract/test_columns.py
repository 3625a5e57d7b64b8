"""Pages in columns are read column by column; lists, chats and everything else from top to bottom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wa_pipeline.extract.columns import Place, reading_order


def line(left: float, top: float, right: float) -> Place:
    return Place(left, top, right, top + 20)


def page(rows: int, *columns: tuple[float, float]) -> list[Place]:
    return [line(left, row * 30, right) for row in range(rows) for left, right in columns]


def test_a_page_of_two_columns_is_read_one_after_the_other_between_lines_across_both() -> None:
    body = page(6, (0, 400), (450, 850))
    places = [line(0, -60, 850), *body, line(0, 200, 850)]
    assert reading_order(places) == [0, 1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12, 13]


def test_the_rows_of_a_receipt_stay_together() -> None:
    assert reading_order(page(8, (0, 400), (700, 800))) == list(range(16))


def test_a_chat_is_read_from_top_to_bottom() -> None:
    widths = (300, 410, 350, 290, 330, 420)
    bubbles = [
        place
        for row, wide in enumerate(widths)
        for place in (line(0, row * 60, wide), line(900 - wide, row * 60 + 30, 900))
    ]
    assert reading_order(bubbles) == list(range(12))


@given(st.lists(st.builds(line, st.integers(0, 900), st.integers(0, 900), st.integers(0, 1800)), max_size=40))
def test_every_line_is_read_once(places: list[Place]) -> None:
    assert sorted(reading_order(places)) == list(range(len(places)))
