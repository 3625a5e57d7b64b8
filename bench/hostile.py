"""What the hostile set of media costs: each file's end, its seconds, and what is left behind.

    python -m bench.hostile [--limits shipped|small]

The set is that of the tests (tests/hostile/media.py), through the workers alone with the limits they are shipped with.
While it runs, workers are killed with SIGKILL three times. The last line says whether every good file was done and
every other one ended, and names what did not.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from pathlib import Path

import psutil

from tests.hostile.media import Case, hostile_media
from wa_pipeline.extract import Extractor, Limits, Text

SMALL = Limits(document_seconds=20, memory_bytes=1 << 30, audio_seconds=3600)
KILL_EVERY, KILLS = 25, 3


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--limits", choices=("shipped", "small"), default="shipped")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = hostile_media(Path(folder))
        began = time.monotonic()
        wrong = run(cases, Limits() if given.limits == "shipped" else SMALL)
        took = time.monotonic() - began
    left = psutil.Process().children(recursive=True)
    print(f"{len(cases)} files in {took:.0f} s; processes left: {len(left)}")
    print("every file ended as it must" if not wrong and not left else f"WRONG: {', '.join(wrong) or 'processes left'}")
    raise SystemExit(bool(wrong or left))


def run(cases: list[Case], limits: Limits) -> list[str]:
    """The names of those that did not end as they must; each end is printed."""
    signs = 0

    def strike(_: str) -> None:
        nonlocal signs
        signs += 1
        if signs % KILL_EVERY == 0 and signs <= KILL_EVERY * KILLS:
            for child in psutil.Process().children():
                os.kill(child.pid, signal.SIGKILL)

    wrong = []
    with Extractor(limits) as extractor:
        for step in ("ocr", "asr"):
            by_name = {case.name: case for case in cases if case.step == step}
            items = [(case.name, case.path, case.mime) for case in by_name.values()]
            for name, outcome in extractor.read(step, items, strike):
                case = by_name.pop(name)
                done = isinstance(outcome, Text)
                told = f"done, {len(outcome.text)} characters" if isinstance(outcome, Text) else outcome.reason
                print(f"{case.step} {case.name:28} {outcome.duration_ms / 1000:7.1f} s  {told}", flush=True)
                if case.ends != "either" and done != (case.ends == "done"):
                    wrong.append(name)
            wrong += [f"{name} (no end)" for name in by_name]
    return wrong


if __name__ == "__main__":
    main()
