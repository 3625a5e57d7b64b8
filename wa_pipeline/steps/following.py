"""A run that stays for what comes next: a conversation is then one run, not one for each message."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Following:
    """When a run that follows a queue ends: after `quiet_s` seconds without work, or `at_most_s` after its start.

    The upper bound makes way for whatever waits for the same place, and keeps what Dagster shows of it fresh.
    """

    quiet_s: float = 20.0
    at_most_s: float = 300.0
    pause_s: float = 0.5
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _began: float | None = field(default=None, init=False)
    _worked: float = field(default=0.0, init=False)

    def again(self, *, worked: bool) -> bool:
        """Whether to look once more. Where there was nothing to do (`worked` is False) it waits `pause_s` first."""
        at = self.clock()
        if self._began is None:
            self._began = self._worked = at
        if worked:
            self._worked = at
        if at - self._began >= self.at_most_s or at - self._worked >= self.quiet_s:
            return False
        if not worked:
            self.sleep(self.pause_s)
        return True
