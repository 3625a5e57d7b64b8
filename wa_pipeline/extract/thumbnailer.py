"""Small pictures by a process of their own, started when the first is asked for and started again if a file ends it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent
_BEGIN = "import sys; sys.path.insert(0, sys.argv[1]); from wa_pipeline.extract.thumbnail import main; main()"


class Thumbnailer:
    """One worker, one picture at a time. `close` ends it; it may be used again afterwards. Safe between threads."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def make(self, source: Path, target: Path) -> str | None:
        """Write the small picture of `source` to `target` (WebP); why there is none, or None where it was made."""
        with self._lock:
            if self._child is None or self._child.poll() is not None:
                self._start()
            assert self._child is not None
            assert self._child.stdin is not None
            assert self._child.stdout is not None
            try:
                self._child.stdin.write(json.dumps({"source": str(source), "target": str(target)}) + "\n")
                self._child.stdin.flush()
                answer = self._child.stdout.readline()
            except (OSError, ValueError):
                answer = ""
            if not answer:
                self._end()
                return "the picture ended its worker, or took too long"
            reason = json.loads(answer)["reason"]
            return str(reason) if reason is not None else None

    def close(self) -> None:
        """Ends the worker."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        self._end()
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-c", _BEGIN, str(_ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
