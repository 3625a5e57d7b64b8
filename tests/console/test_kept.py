"""What is read now and then: nobody waits for it who need not, and it is read once however many ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from wa_pipeline.console.kept import Kept


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_the_old_is_given_while_it_is_read_again() -> None:
    given, go = iter(range(9)), threading.Event()
    go.set()

    def read() -> int:
        assert go.wait(10)
        return next(given)

    kept = Kept(read, fresh_s=0, kept_s=60)
    assert kept.get() == 0
    go.clear()
    assert [kept.get() for _ in range(3)] == [0, 0, 0]
    go.set()
    until(lambda: kept.get() > 0)


def test_what_is_too_old_is_waited_for_and_read_once() -> None:
    read: list[int] = []

    def slowly() -> int:
        time.sleep(0.1)
        read.append(1)
        return len(read)

    kept = Kept(slowly, fresh_s=60, kept_s=60)
    kept.renew()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: kept.get(), range(8))) == [1] * 8


def test_a_fault_aside_is_told_to_who_asks_next() -> None:
    def fault() -> int:
        raise psycopg.OperationalError("gone")

    kept = Kept(fault, fresh_s=60, kept_s=60)
    kept.renew()
    with pytest.raises(psycopg.OperationalError):
        kept.get()
    with pytest.raises(psycopg.OperationalError):
        kept.get()
