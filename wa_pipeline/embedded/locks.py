"""File locks between processes. The kernel lets go of them when a process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wa_pipeline.errors import PostgresBusy

PATIENCE = 120.0


@contextmanager
def exclusive(path: Path, *, patience: float = PATIENCE) -> Iterator[None]:
    """Holds `path` alone; waits up to `patience` seconds for whoever holds it, then raises `PostgresBusy`."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + patience
        while not _try(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise PostgresBusy(folder=path.parent, seconds=patience)
            time.sleep(0.03)
        yield
    finally:
        os.close(descriptor)


class Membership:
    """One user's place among those who use a server; taken and left while `exclusive` is held."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Gives the place back; True when nobody else was left."""
        try:
            # Explicitly, because a forked child may still hold a copy of the descriptor without being a user.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            return _try(self._descriptor, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
