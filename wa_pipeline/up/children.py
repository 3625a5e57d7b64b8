"""One process that `wa up` starts: a session of its own, a log of its own, and an end it cannot escape."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from wa_pipeline.archive.processes import ProcessMark
from wa_pipeline.instance.marks import mark_of

PR_SET_PDEATHSIG = 1
LOG_BYTES = 5_000_000
RESTARTS, RESTART_WINDOW = 3, 120.0


@dataclass
class Child:
    """A process kept going: started again when it dies, though not for ever."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    starts: list[float] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, its output added to the log. Ctrl-C in the terminal does not reach it; `stop` decides when."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.starts.append(time.monotonic())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.env),
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_prepare,
            )

    @property
    def ended(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.poll() if self.process else None

    def mark(self) -> ProcessMark | None:
        return mark_of(self.process.pid) if self.process else None

    def may_restart(self) -> bool:
        """Whether it has died seldom enough of late to be started again."""
        recent = [start for start in self.starts if time.monotonic() - start < RESTART_WINDOW]
        return len(recent) <= RESTARTS

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stop(self, grace: float) -> None:
        """Gone when this returns, with whatever it left in its session: asked first, killed after `grace` seconds."""
        if self.process is None:
            return
        self.ask_to_stop()
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _kill_group(self.process.pid)
            self.process.wait()

    def last_words(self) -> str:
        """The last line of its log that says something."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-200:]
        except OSError:
            return "no reason given"
        telling = [line.strip() for line in lines if line.strip()]
        return telling[-1][:300].rstrip(".") if telling else "no reason given"


def _prepare() -> None:
    """Between fork and exec: SIGINT as usual, and on Linux an end with its parent should `wa up` itself be killed.

    A shell starts background commands with SIGINT ignored; Dagster gives SIGTERM whatever SIGINT has, so its processes
    could then not be asked to stop.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
