"""Runs the demo a second time in the same home: nothing may be inserted, and no process may be left.

    python .ci/demo_again.py WA_HOME

Then three words are searched for: one only spoken, one only in a picture, one only in a PDF.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
WORDS = {"wheelbarrow": "asr_text", "trellis": "ocr_text", "pollinators": "ocr_text"}
SECONDS = float(os.environ.get("CI_DEMO_AGAIN_SECONDS", "60"))


def main() -> int:
    """1 with a sentence at the first thing that is not as it should be."""
    home = Path(sys.argv[1])
    began = time.monotonic()
    said = wa(home, "demo", "--no-serve")
    took = time.monotonic() - began
    print(said, end="")
    problems = list(filter(None, [
        None if re.search(r"\b0 inserted\b", said) else "the second demo inserted something",
        None if "acceptance 9/9" in said else "not everything is accepted",
        None if took <= SECONDS else f"the second demo took {took:.0f} s, more than {SECONDS:.0f}",
        *(not_found(home, word, field) for word, field in WORDS.items()),
        *(f"left running: {command}" for command in processes_of(home)),
    ]))  # fmt: skip
    for problem in problems:
        print(f"demo again: {problem}", file=sys.stderr)
    print(f"second demo in {took:.0f} s")
    return 1 if problems else 0


def not_found(home: Path, word: str, field: str) -> str | None:
    """A sentence if the word is not found where it should be."""
    items = json.loads(wa(home, "search", word, "--json"))["items"]
    found = any(item["match"] and item["match"]["field"] == field for item in items)
    return None if found else f"{word} is not found in {field}"


def wa(home: Path, *arguments: str) -> str:
    """Standard output of a command; its failure is ours."""
    return subprocess.run(
        [REPOSITORY / "wa", *arguments],
        env={**os.environ, "WA_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout


def processes_of(home: Path) -> list[str]:
    """Command lines of processes that name this home or work for it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        ours = int(entry.name) in (os.getpid(), os.getppid())
        if command and not ours and (str(home) in command or f"WA_HOME={home}\0".encode() in environment):
            found.append(command[:120])
    return found


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failed:
        # It has said why itself.
        print(failed.output or "", end="")
        sys.exit(f"demo again: `wa {failed.cmd[1]}` ended with {failed.returncode}")
