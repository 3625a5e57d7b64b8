"""The server as the operating system sees it: its pid file, whether it lives, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` in a data directory says."""

    pid: int
    port: int


def read_postmaster(data: Path) -> Postmaster | None:
    """The contents of the pid file; None when there is none, or it is not written to its end."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return Postmaster(pid=int(lines[0]), port=int(lines[3]))
    except (FileNotFoundError, IndexError, ValueError):
        return None


def serves(pid: int, data: Path) -> bool:
    """Whether process `pid` lives and is a PostgreSQL over `data`, not a stranger that was given the same number."""
    if not alive(pid):
        return False
    if PROC.is_dir():
        return _directory_of(pid) == data.resolve()
    done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "postgres" in done.stdout


def alive(pid: int) -> bool:
    """Whether process `pid` runs; a child of ours that has ended is reaped here, any other zombie counts as ended."""
    try:
        reaped, _ = os.waitpid(pid, os.WNOHANG)
        if reaped == pid:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return alive_without_proc(pid)


def alive_without_proc(pid: int) -> bool:
    """For systems without /proc, and for a process that ended while its state was being read."""
    if PROC.is_dir():
        return False
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


def leftovers(data: Path) -> list[int]:
    """Server processes that outlived their postmaster (Linux only; elsewhere PostgreSQL itself refuses beside them)."""
    if not PROC.is_dir():
        return []
    target = data.resolve()
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and _directory_of(entry.name) == target]


def stop(pid: int, *, patience: float = 60.0) -> None:
    """Ends a postmaster: fast shutdown (transactions are rolled back, data is flushed), then harder ones."""
    for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(lambda: not alive(pid), patience=seconds):
            return


def end_leftovers(data: Path, *, patience: float = 20.0) -> None:
    """Asks server processes without a postmaster to finish, since a fresh server must not start beside them."""
    for pid in leftovers(data):
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue
    wait_until(lambda: not leftovers(data), patience=patience)


def wait_until(condition: Callable[[], bool], *, patience: float) -> bool:
    """Polls `condition`, quickly at first; False when `patience` seconds have passed without it."""
    deadline = time.monotonic() + patience
    pause = 0.005
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return True


def _directory_of(pid: int | str) -> Path | None:
    try:
        return Path(os.readlink(PROC / str(pid) / "cwd"))
    except OSError:
        return None
