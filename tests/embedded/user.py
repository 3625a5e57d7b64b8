"""A process that uses the database as a `wa` command does: it says what it got, waits for a line, leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


class User:
    """The other process, seen from the test."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self.process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def arrived(self) -> dict[str, Any]:
        """What the process says once it has the database, or the error it met."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(30)
            assert self.process.stderr is not None
            raise AssertionError(self.process.stderr.read())
        return dict(json.loads(line))

    def leave(self) -> None:
        """Lets it go through the end of its `with` block."""
        self.process.communicate("leave\n", timeout=90)
        assert self.process.returncode == 0

    def kill(self) -> None:
        """kill -9."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def main() -> None:
    from wa_pipeline.embedded import running
    from wa_pipeline.errors import WaError
    from wa_pipeline.settings import load_settings

    try:
        with running(load_settings()) as server:
            print(
                json.dumps({"url": server.archive_url, "started": server.started_here, "kind": server.kind}), flush=True
            )
            sys.stdin.readline()
    except WaError as error:
        print(json.dumps({"error": str(error), "type": type(error).__name__}), flush=True)


if __name__ == "__main__":
    main()
