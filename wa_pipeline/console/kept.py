"""What is read from the archive now and then and may be a little old meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

import psycopg
from psycopg_pool import PoolTimeout

T = TypeVar("T")


class Kept(Generic[T]):
    """What `read` gave: after `fresh_s` seconds it is read again while the old is still given, and only after `kept_s`
    is it waited for."""

    def __init__(self, read: Callable[[], T], *, fresh_s: float, kept_s: float) -> None:
        self._read = read
        self._fresh_s, self._kept_s = fresh_s, kept_s
        self._value: tuple[float, T] | None = None
        self._reading = threading.Lock()

    def get(self) -> T:
        """What there is."""
        if (value := self._younger_than(self._kept_s)) is None:
            with self._reading:
                return (self._younger_than(self._kept_s) or self._renewed())[0]
        if self._younger_than(self._fresh_s) is None:
            self.renew()
        return value[0]

    def renew(self) -> None:
        """Begins to read it again, aside, unless somebody is at it."""
        if self._reading.acquire(blocking=False):
            threading.Thread(target=self._renew, daemon=True).start()

    def _renew(self) -> None:
        # Whoever needs it next meets the same fault, and tells it.
        with suppress(psycopg.Error, PoolTimeout):
            try:
                self._renewed()
            finally:
                self._reading.release()

    def _renewed(self) -> tuple[T]:
        value = self._read()
        self._value = (time.monotonic(), value)
        return (value,)

    def _younger_than(self, seconds: float) -> tuple[T] | None:
        value = self._value
        return (value[1],) if value and time.monotonic() - value[0] <= seconds else None


__all__ = ["Kept"]
