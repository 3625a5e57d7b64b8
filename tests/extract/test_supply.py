"""Batches are drawn as they are needed, shared out to the end, and what must be done again comes first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from wa_pipeline.extract.messages import Item
from wa_pipeline.extract.supply import Supply


def item(index: int, language: str | None = None) -> Item:
    return Item(index, Path("x"), "image/png", language)


@given(
    st.lists(st.sampled_from([None, "Cyrl", "Hani"]), max_size=100),
    st.integers(1, 20),
    st.integers(1, 5),
    st.lists(st.booleans(), max_size=10),
    st.booleans(),
)
def test_every_file_is_handed_out_once_and_again_only_when_put_back(
    languages: list[str | None], batch: int, workers: int, failing: list[bool], alike: bool
) -> None:
    supply = Supply(map(item, count(), languages), batch, workers, alike=alike)
    seen: list[int] = []
    expected = list(range(len(languages)))
    failures = iter(failing)
    while given_out := supply.take(free=1):
        assert len(given_out) <= batch
        assert not alike or len({one.language for one in given_out}) == 1
        seen += [one.index for one in given_out]
        if next(failures, False):
            supply.put_back_each(given_out)
            expected += [one.index for one in given_out]
    assert sorted(seen) == sorted(expected)


def test_no_more_is_drawn_than_the_workers_are_about_to_need() -> None:
    drawn: list[int] = []

    def endless() -> Iterator[Item]:
        for index in count():
            drawn.append(index)
            yield item(index)

    supply = Supply(endless(), batch=4, workers=2)
    assert len(supply.take(free=2)) == 4
    assert len(supply.take(free=1)) == 4
    supply.draw()
    assert len(drawn) == 16


def test_a_few_files_give_every_worker_something_to_do() -> None:
    supply = Supply(map(item, range(8)), batch=16, workers=2)
    assert [len(supply.take(free=2)), len(supply.take(free=1))] == [4, 4]
    assert supply.take(free=1) == []
