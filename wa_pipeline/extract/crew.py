"""Batches over a few workers: late or dead ones are replaced, and only the file that is to blame fails."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from multiprocessing.connection import Connection, wait

from wa_pipeline.errors import EngineMissing
from wa_pipeline.extract.messages import (
    Config,
    Finished,
    Item,
    Missing,
    Result,
    Working,
)
from wa_pipeline.extract.process import Gone, Process
from wa_pipeline.extract.results import Failure, Probe, Text
from wa_pipeline.extract.supply import Supply

_TRIES = 2
_FALSE_STARTS = 3


@dataclass
class _Task:
    """What a worker is busy with. `working`: the files it named last; it is given until `deadline`."""

    worker: Process
    left: dict[int, Item]
    deadline: float
    began: float
    seconds: float
    working: tuple[int, ...] = field(default=())

    @property
    def spent_ms(self) -> int:
        return round((time.monotonic() - self.began) * 1000)

    def suspects(self) -> list[Item]:
        """What the worker was at when it went silent, taken out of what is left."""
        return [self.left.pop(index) for index in self.working if index in self.left]


class Crew:
    """Workers for one job, started when there is work and kept for the next. Runs may overlap: none shares a worker."""

    def __init__(self, config: Config, size: int) -> None:
        self._config = config
        self._size = max(1, size)
        self._idle: list[Process] = []
        self._numbers = count()

    def run(
        self,
        items: Iterable[Item],
        batch: int,
        progress: Callable[[int], None] | None = None,
    ) -> Iterator[tuple[int, Probe | Text | Failure]]:
        """(index, outcome) for every item, as they get done. `progress(index)`: work on this one has begun or goes on.

        Items are drawn while the workers are busy with those before. `EngineMissing` when the workers have no engine.
        Leaving the iteration early kills the busy workers.
        """
        supply = Supply(items, batch, self._size, alike=self._config.job == "ocr")
        unanswered: Counter[int] = Counter()
        false_starts = 0
        busy: dict[Connection, _Task] = {}
        try:
            while True:
                while len(busy) < self._size and (given := supply.take(self._size - len(busy))):
                    task = self._begin(given)
                    busy[task.worker.connection] = task
                if not busy:
                    return
                supply.draw()
                for task in self._stirred(busy):
                    try:
                        outcome = self._hear(task, progress)
                    except Gone as gone:
                        del busy[task.worker.connection]
                        task.worker.kill()
                        false_starts += not task.working
                        if false_starts >= _FALSE_STARTS:
                            raise EngineMissing(
                                what="The worker for " + self._config.job,
                                reason=str(gone),
                            ) from None
                        yield from _blame(task, supply, unanswered, str(gone))
                        continue
                    false_starts = 0
                    if isinstance(outcome, Finished):
                        del busy[task.worker.connection]
                        self._idle.append(task.worker)
                        yield from _passed_over(task, supply, unanswered)
                    elif isinstance(outcome, Result):
                        yield outcome.index, outcome.value
                for task in [task for task in busy.values() if time.monotonic() > task.deadline]:
                    del busy[task.worker.connection]
                    task.worker.kill()
                    yield from _late(task, supply)
        finally:
            for task in busy.values():
                task.worker.kill()

    def pids(self) -> list[int]:
        """Process ids of the workers that wait for work."""
        return [worker.pid for worker in self._idle]

    def close(self) -> None:
        """Ends the workers."""
        while self._idle:
            self._idle.pop().kill()

    def _begin(self, items: list[Item]) -> _Task:
        worker = self._worker()
        worker.send(items)
        now, seconds = time.monotonic(), self._config.limits.start_seconds
        return _Task(worker, {item.index: item for item in items}, now + seconds, now, seconds)

    def _worker(self) -> Process:
        while True:
            try:
                worker = self._idle.pop()
            except IndexError:
                return self._start()
            if worker.alive:
                return worker
            worker.kill()

    def _start(self) -> Process:
        return Process(
            replace(
                self._config,
                temp=f"{self._config.temp}/{self._config.job}-{next(self._numbers)}",
            )
        )

    def _stirred(self, busy: dict[Connection, _Task]) -> list[_Task]:
        if not busy:
            return []
        patience = max(0.0, min(task.deadline for task in busy.values()) - time.monotonic())
        return [busy[ready] for ready in wait(list(busy), patience) if isinstance(ready, Connection)]

    def _hear(self, task: _Task, progress: Callable[[int], None] | None) -> Result | Finished | None:
        reply = task.worker.receive()
        if isinstance(reply, Missing):
            raise EngineMissing(what=reply.what, reason=reply.reason)
        if isinstance(reply, Working):
            task.working, task.seconds = reply.indexes, reply.seconds
            task.deadline = time.monotonic() + reply.seconds
            for index in reply.indexes if progress else ():
                assert progress is not None
                progress(index)
            return None
        if isinstance(reply, Result) and task.left.pop(reply.index, None) is None:
            raise Gone("it answered for a file it was not given")
        return reply


def _blame(task: _Task, supply: Supply, unanswered: Counter[int], reason: str) -> Iterator[tuple[int, Failure]]:
    """After a crash: those being worked on run once more, alone; a file that kills its worker again fails."""
    suspects = task.suspects()
    for item in suspects:
        unanswered[item.index] += 1
        if len(suspects) == 1 and unanswered[item.index] >= _TRIES:
            yield item.index, Failure(reason, task.spent_ms, None, "killed from outside" in reason)
        else:
            supply.put_back([item])
    supply.put_back(list(task.left.values()))


def _passed_over(task: _Task, supply: Supply, unanswered: Counter[int]) -> Iterator[tuple[int, Failure]]:
    """After a batch for which fewer answers came than files were given: the others once more, each alone."""
    for item in task.left.values():
        unanswered[item.index] += 1
        if unanswered[item.index] >= _TRIES:
            yield item.index, Failure("the engine gave no answer for it", task.spent_ms)
        else:
            supply.put_back([item])


def _late(task: _Task, supply: Supply) -> Iterator[tuple[int, Failure]]:
    """After a worker was too long silent: a file it was alone with fails, several are run one by one."""
    if not task.working:
        raise EngineMissing(what="A worker", reason=f"it was not ready within {task.seconds:.0f} s")
    suspects = task.suspects()
    if len(suspects) == 1:
        yield suspects[0].index, Failure(f"it took longer than {task.seconds:g} s", task.spent_ms)
    else:
        supply.put_back_each(suspects)
    supply.put_back(list(task.left.values()))
