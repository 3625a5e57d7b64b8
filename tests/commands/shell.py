"""The `wa` command as a user runs it: a process of its own, its exit code, what it printed where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

COMMAND = [sys.executable, "-c", "from wa_pipeline.cli import main; main()"]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """The one JSON document on standard output."""
        document: dict[str, object] = json.loads(self.out)
        return document

    @property
    def sentences(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()


def wa(*arguments: object, **variables: str) -> Ended:
    """Run `wa` with these arguments, in this process's environment and the variables given."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(variables),
        capture_output=True,
        timeout=240,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def start(*arguments: object, **variables: str) -> subprocess.Popen[bytes]:
    """Start `wa` in a session of its own, so that what it leaves behind can be told from the rest."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **variables}


def fails_with_one_sentence(ended: Ended, *words: str, code: int = 1) -> None:
    """Asserts the promise of every failure: the exit code, one line on standard error, these words in it, no trace."""
    assert ended.code == code, ended
    assert len(ended.sentences) == 1, ended.err
    for word in words:
        assert word in ended.err, ended.err
    assert ended.err.startswith("wa: "), ended.err
    assert "Traceback" not in ended.err + ended.out
    assert "unexpected" not in ended.err, ended.err
