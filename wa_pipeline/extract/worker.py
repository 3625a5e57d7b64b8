"""The worker process: takes batches from its owner, answers file by file, dies with its owner.

Started by `process.Process` with a clean interpreter, in a session of its own, so that the engine processes it starts
can be killed together with it.
"""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from wa_pipeline.errors import EngineMissing
from wa_pipeline.extract.messages import (
    Config,
    Finished,
    Item,
    Missing,
    Reply,
    Result,
    Working,
    pack_reply,
    unpack_batch,
    unpack_config,
)
from wa_pipeline.extract.results import Failure

_WRITTEN_BYTES = 1 << 30


def main() -> None:
    """Arguments: number of the connection's file descriptor, of the lifeline's, and the `Config` as JSON."""
    connection, lifeline, config = (
        Connection(int(sys.argv[1])),
        int(sys.argv[2]),
        unpack_config(sys.argv[3]),
    )
    _die_with_owner(lifeline)
    # Ctrl-C goes to the owner, who decides what becomes of its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    tempfile.tempdir = config.temp
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        serve(connection, config)


def serve(connection: Connection, config: Config) -> None:
    """Answers batches until the owner hangs up."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_WRITTEN_BYTES, _WRITTEN_BYTES))
    reader = None
    while True:
        items = unpack_batch(connection.recv_bytes())
        try:
            if reader is None:
                reader = _Reader(config)
                for reply in reader.load():
                    connection.send_bytes(pack_reply(reply))
                _limit_memory(config.limits.memory_bytes)
            for reply in reader.read(items):
                connection.send_bytes(pack_reply(reply))
        except EngineMissing as error:
            facts = {name: str(value) for name, value in error.facts.items()}
            connection.send_bytes(pack_reply(Missing(**facts)))
        connection.send_bytes(pack_reply(Finished()))


class _Reader:
    """The job of this worker behind one method; what a file makes an engine raise becomes that file's failure."""

    def __init__(self, config: Config) -> None:
        from wa_pipeline.extract.ocr import Ocr
        from wa_pipeline.extract.speech import Speech

        self._config = config
        self._limits = config.limits
        self._engine: Ocr | Speech | None = None
        if config.job == "ocr":
            self._engine = Ocr(config.limits, config.languages, config.ocr)
        elif config.job == "asr":
            self._engine = Speech(config.limits, config.model, config.speech_languages, config.threads)

    def load(self) -> Iterator[Reply]:
        from wa_pipeline.extract.speech import Speech

        if isinstance(self._engine, Speech):
            yield from self._engine.load()

    def read(self, items: list[Item]) -> Iterator[Reply]:
        left = {item.index: item for item in items}
        while left:
            working: tuple[int, ...] = ()
            try:
                for reply in self._probe(left) if self._engine is None else self._engine.read(list(left.values())):
                    if isinstance(reply, Working):
                        working = reply.indexes
                    elif isinstance(reply, Result):
                        del left[reply.index]
                    yield reply
                return
            except EngineMissing:
                raise
            except Exception as error:
                if len(working) != 1 or working[0] not in left:
                    # Not one file's doing: the owner finds the culprit by running them one by one.
                    raise
                del left[working[0]]
                yield Result(working[0], Failure(self._reason(error), 0))

    def _probe(self, items: dict[int, Item]) -> Iterator[Reply]:
        from wa_pipeline.extract.probe import probe_file

        for item in list(items.values()):
            yield Working((item.index,), self._limits.probe_seconds)
            yield Result(item.index, probe_file(item.path, item.mime, self._limits))

    def _reason(self, error: Exception) -> str:
        if isinstance(error, MemoryError):
            return f"it needs more than {self._limits.memory_bytes >> 20} MiB of memory"
        if isinstance(error, OSError) and error.strerror:
            return f"the file cannot be read ({error.strerror})"
        said = " ".join(str(error).split())[:200]
        return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _die_with_owner(lifeline: int) -> None:
    """The lifeline is a pipe whose other end only the owner has: when it closes, this whole process group is killed.

    The kernel does that even while an engine computes. PR_SET_PDEATHSIG would not reach the engine processes below this
    one, and would strike too early when the owner's thread that started the worker ends.
    """
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()


def _watch(lifeline: int) -> None:
    """For systems without that signal, and for an owner that died before it was set up."""
    os.read(lifeline, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _limit_memory(allowed: int) -> None:
    """Caps private memory at what is in use now, the loaded model included, plus `allowed` bytes."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return
    used = next(
        (int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:")),
        0,
    )
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = used + allowed if hard == resource.RLIM_INFINITY else min(used + allowed, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
