"""The server's log: kept short, and read when a start fails."""

from __future__ import annotations

import re
from pathlib import Path

LONGEST = 8 * 1024 * 1024


class ServerLog:
    """The file `path`, to which the server's output is appended; one older generation is kept as `.1`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def trim(self) -> int:
        """Puts a long log aside; returns the position where the next run's lines will begin."""
        size = self._size()
        if size > LONGEST:
            self.path.replace(self.path.with_suffix(".log.1"))
            return 0
        return size

    def since(self, position: int) -> str:
        """What was logged after `position` (negative: that many bytes from the end)."""
        try:
            with self.path.open("rb") as file:
                file.seek(position if position >= 0 else max(0, self._size() + position))
                return file.read(LONGEST).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


def telling_line(said: str) -> str:
    """The line of a log or of an error output that names the cause."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|ERROR|error:", line)] or lines[-1:]
    return re.sub(r"^.*?(FATAL|PANIC|ERROR|error):\s*", "", telling[0]).rstrip(".") if telling else "it gave no reason"
