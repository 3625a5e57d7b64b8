"""Ticks that wait about as long as Dagster's loop takes to come round, and so meet what comes as it comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import dagster as dg

# Less than the loop's five seconds: a tick that is still at it when the loop comes round misses that round.
LISTEN_SECONDS, LOOK_SECONDS = 4.2, 0.3
Found = TypeVar("Found")


def listened(
    context: dg.SensorEvaluationContext, look: Callable[[], Found], *, enough: Callable[[Found], object] = bool
) -> Found:
    """What `look` finds once it is `enough`, or at the end of some seconds. The first tick, of a daemon that has just
    begun, looks once."""
    until = time.monotonic() + (LISTEN_SECONDS if context.last_tick_completion_time else 0.0)
    while True:
        found = look()
        if enough(found) or time.monotonic() >= until:
            return found
        time.sleep(LOOK_SECONDS)
