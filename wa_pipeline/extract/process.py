"""One worker process as its owner sees it: start, send, receive, kill. Nothing of it outlives the owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from shutil import rmtree
from socket import socketpair

from wa_pipeline.extract.messages import (
    MOST_BYTES,
    Config,
    Item,
    Reply,
    pack_batch,
    pack_config,
    unpack_reply,
)

_ROOT = Path(__file__).resolve().parent.parent.parent
# The worker runs the very code its owner runs, wherever that was imported from.
_BEGIN = "import sys; sys.path.insert(0, sys.argv.pop(1)); from wa_pipeline.extract.worker import main; main()"


def _environment(config: Config) -> dict[str, str]:
    """One thread for each of several workers: each copy of OpenBLAS (NumPy's, OpenCV's) sets memory aside for every
    thread it may start, 230 MB of a worker's for nothing."""
    alone = {} if config.job == "asr" else {"OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
    return {**os.environ, **alone}


class Gone(Exception):
    """The worker died, or spoke nonsense."""


class Process:
    """A running worker. `fileno` of `connection` may be waited on together with others'."""

    def __init__(self, config: Config) -> None:
        self.temp = Path(config.temp)
        self.temp.mkdir(mode=0o700, exist_ok=True)
        ours, theirs = socketpair()
        lifeline, self._lifeline = os.pipe()
        # What engines print must not reach the owner's terminal, nor the answers; the end of it explains a crash.
        self._said = tempfile.TemporaryFile(dir=self.temp)  # noqa: SIM115 (closed by kill)
        command = [sys.executable, "-P", "-c", _BEGIN, str(_ROOT)]
        try:
            self._child = subprocess.Popen(
                [*command, str(theirs.fileno()), str(lifeline), pack_config(config)],
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                env=_environment(config),
                pass_fds=(theirs.fileno(), lifeline),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._lifeline)
            self._said.close()
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(lifeline)
        self.connection = Connection(ours.detach())

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def send(self, items: list[Item]) -> None:
        """Hands over a batch. That nobody is there to take it shows when the answer is awaited."""
        with suppress(OSError):
            self._said.seek(0)
            self._said.truncate()
        with suppress(OSError):
            self.connection.send_bytes(pack_batch(items))

    def receive(self) -> Reply:
        """The next reply; waits for it. `Gone` when there will be none."""
        try:
            return unpack_reply(self.connection.recv_bytes(MOST_BYTES))
        except (EOFError, OSError, ValueError, KeyError, TypeError):
            raise Gone(self._last_words()) from None

    def kill(self) -> None:
        """Ends the worker and everything it started, at once, and removes its temporary files."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        os.close(self._lifeline)
        self.connection.close()
        self._said.close()
        rmtree(self.temp, ignore_errors=True)

    def _last_words(self) -> str:
        """Why the worker died, in a clause, from its exit and the end of what it printed."""
        try:
            code = self._child.wait(5)
        except subprocess.TimeoutExpired:
            return "it stopped answering"
        with suppress(OSError):
            size = self._said.seek(0, os.SEEK_END)
            self._said.seek(max(0, size - 2000))
        said = [line.strip() for line in self._said.read().decode("utf-8", "replace").splitlines() if line.strip()]
        if any("MemoryError" in line or "bad_alloc" in line or "Cannot allocate memory" in line for line in said):
            return "it needs more memory than allowed"
        if code == -signal.SIGKILL:
            return "it was killed from outside"
        if code < 0:
            return f"the engine crashed ({signal.Signals(-code).name})"
        return f"the engine stopped ({said[-1][:200]})" if said else f"the engine stopped with code {code}"
