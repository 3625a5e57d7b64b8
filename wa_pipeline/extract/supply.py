"""What a crew's workers are given next: batches of files as they come, and first of all what has to be done again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice

from wa_pipeline.extract.messages import Item


class Supply:
    """Batches of at most `batch` items. Only as many are drawn from `items` as the workers are about to need, so that a
    caller may fetch them on demand. `alike`: those of a batch are to be of one language, as each costs a start of its
    own in the engine."""

    def __init__(self, items: Iterable[Item], batch: int, workers: int, *, alike: bool = False) -> None:
        self._coming = iter(items)
        self._batch = max(1, batch)
        self._workers = workers
        self._alike = alike
        self._ready: deque[Item] = deque()
        self._again: deque[list[Item]] = deque()
        self._handed = 0
        self._ended = False

    def put_back(self, items: Sequence[Item]) -> None:
        """These together, before anything else."""
        if items:
            self._again.append(list(items))

    def put_back_each(self, items: Iterable[Item]) -> None:
        """These one by one, so that what one of them does to its worker is its own doing."""
        for item in items:
            self.put_back([item])

    def take(self, free: int) -> list[Item]:
        """The next batch, [] where there is nothing more; `free`: workers that wait for one."""
        if self._again:
            return self._again.popleft()
        self.draw()
        self._handed += 1
        # Smaller batches where few are left: everybody should have something to do until the end.
        sharing = free if self._handed <= self._workers else self._workers if self._ended else 1
        size = max(1, min(self._batch, -(-len(self._ready) // sharing)))
        given: list[Item] = []
        left: deque[Item] = deque()
        for item in self._ready:
            fits = not self._alike or not given or item.language == given[0].language
            (given if fits and len(given) < size else left).append(item)
        self._ready = left
        return given

    def draw(self) -> None:
        """Have a batch ready for each worker, where there are that many files. May take as long as fetching them."""
        wanted = self._batch * self._workers - len(self._ready)
        if not self._ended and wanted > 0:
            drawn = list(islice(self._coming, wanted))
            self._ended = len(drawn) < wanted
            self._ready.extend(drawn)
