"""Processes that outlive the command that started them."""

from __future__ import annotations

import time
from pathlib import Path

MARK = "WA_TEST_MARK"


def living(mark: str) -> list[str]:
    """The command lines of all processes that were started, directly or not, with this mark in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found


def none_left(mark: str, *, within: float = 10) -> bool:
    """Whether all of them end by themselves before long."""
    deadline = time.monotonic() + within
    while living(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
