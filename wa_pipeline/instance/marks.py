"""Telling a process that still lives from one that is gone, even where its id has been given to another."""

from __future__ import annotations

import os
import socket
import subprocess
from functools import cache
from pathlib import Path

from wa_pipeline.archive.processes import ProcessMark


def mark_of(pid: int | None = None) -> ProcessMark | None:
    """The mark of a living process of this host (this one by default); None where there is no such process."""
    chosen = os.getpid() if pid is None else pid
    started = _started(chosen)
    return ProcessMark(socket.gethostname(), boot_id(), chosen, started) if started else None


def is_gone(mark: ProcessMark) -> bool | None:
    """True: the process has ended. False: it runs. None: it belongs to another host, which alone can tell."""
    if mark.host != socket.gethostname():
        return None
    return mark.boot_id != boot_id() or _started(mark.pid) != mark.started


@cache
def boot_id() -> str:
    """What changes at each boot of this host: the kernel's own id, or the time it came up."""
    linux = Path("/proc/sys/kernel/random/boot_id")
    if linux.exists():
        return linux.read_text().strip()
    told = subprocess.run(["sysctl", "-n", "kern.boottime"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


def _started(pid: int) -> str | None:
    """The process's start time as the system tells it; None for one that is gone or is only waiting to be reaped."""
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in ("Z", "X") else fields[19]
    told = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = told.stdout.strip().partition(" ")
    return started.strip() or None if state and not state.startswith("Z") else None
