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
        directory = _directory_of(pid)
        # Root in a container may not see where another user's process works; then its name has to do.
        return directory == data.resolve() if directory else _read(pid, "comm").strip() == "postgres"
    done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "postgres" in done.stdout


def names_a_stranger(pid_file: Path) -> bool:
    """Whether the pid file would keep PostgreSQL from starting although no server is behind it."""
    try:
        first = pid_file.read_text().partition("\n")[0]
    except FileNotFoundError:
        return False
    # A number nobody bears is PostgreSQL's own business: it then looks for shared memory still in use.
    return not first.isdigit() or (alive(int(first)) and not serves(int(first), pid_file.parent))


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
    if PROC.is_dir():
        state = _read(pid, "stat").rpartition(")")[2].strip()
    else:
        done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
        state = done.stdout.strip()
    return bool(state) and not state.startswith("Z")


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


def _read(pid: int, name: str) -> str:
    try:
        return (PROC / str(pid) / name).read_text()
    except OSError:
        return ""
