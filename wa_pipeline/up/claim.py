"""One `wa up` for each home, and a note of what it runs."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from wa_pipeline.archive.processes import ProcessMark
from wa_pipeline.errors import AlreadyUp
from wa_pipeline.instance.marks import is_gone


class Claim:
    """The note of who is up: our processes and where to find them."""

    def __init__(self, note: Path) -> None:
        self._note = note

    def write(self, link: str, marks: Sequence[ProcessMark | None]) -> None:
        """Says where we are, and which processes are ours, for whoever comes after a kill."""
        document = {"pid": os.getpid(), "link": link, "children": [asdict(mark) for mark in marks if mark]}
        draft = self._note.with_suffix(".new")
        draft.write_text(json.dumps(document))
        draft.replace(self._note)

    def end_leftovers(self) -> int:
        """Ends what an earlier `wa up` that was killed left running; how many processes."""
        ended = 0
        for mark in _marks(self._note):
            if is_gone(mark) is False:
                try:
                    os.killpg(mark.pid, signal.SIGKILL)
                    ended += 1
                except (ProcessLookupError, PermissionError):
                    continue
        self._note.unlink(missing_ok=True)
        return ended


@contextmanager
def claimed(folder: Path) -> Iterator[Claim]:
    """This home is ours to bring up until the block ends. Raises `AlreadyUp` with the link of the one that has it."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "up.json"
    with (folder / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found = _read(note)
            raise AlreadyUp(pid=found.get("pid", "?"), link=found.get("link", "it is still starting")) from None
        claim = Claim(note)
        try:
            yield claim
        finally:
            note.unlink(missing_ok=True)


def _marks(note: Path) -> list[ProcessMark]:
    children = _read(note).get("children", [])
    return [ProcessMark(**child) for child in children] if isinstance(children, list) else []


def _read(note: Path) -> dict[str, object]:
    try:
        document: dict[str, object] = json.loads(note.read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    return document
