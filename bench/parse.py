"""How fast chat exports are parsed, beside the plain regex loop that everybody writes first.

    python bench/parse.py [--messages 1000000] [--rounds 3] [--json]

Makes one iOS and one Android export from a seed, then runs each reader in a process of its own, taking turns. A
process reads the file once, counts what it got and reports its CPU time, wall time and how far its memory grew.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict
from zoneinfo import ZoneInfo

REPOSITORY = Path(__file__).resolve().parent.parent
ZONE = "Europe/Berlin"
WORDS = [
    "the", "train", "is", "late", "again", "see", "you", "at", "nine", "bring", "bread", "milk", "and", "keys",
    "tomorrow", "maybe", "later", "yes", "no", "okay", "thanks", "Größe", "über", "Straße", "שלום", "мир", "你好",
    "😀", "👍", "photo", "from", "garden", "school", "meeting", "moved", "to", "Tuesday", "who", "has", "the",
    "list",
]  # fmt: skip
NAMES = ["Ann", "Bob Builder", "Cem Öz", "+49 170 1234567", "Dana (work)", "Ella", "Farid", "~ Gil", "Hanna", "Iwo"]


class Result(TypedDict):
    """What one process measured."""

    messages: int
    characters: int
    cpu: float
    wall: float
    grown_mb: float


def bodies(rng: random.Random, *, ios: bool, at: datetime) -> str:
    """A body as chats have them: mostly short text, some media, lists, edits."""
    dice = rng.random()
    if dice < 0.06:
        return f"\u200e<attached: {rng.randrange(10**8):08d}-PHOTO-{at:%Y-%m-%d-%H-%M-%S}.jpg>" if ios else (
            f"IMG-{at:%Y%m%d}-WA{rng.randrange(10**4):04d}.jpg (file attached)\n" + " ".join(rng.choices(WORDS, k=3))
        )  # fmt: skip
    if dice < 0.08:
        return "\u200eimage omitted" if ios else "<Media omitted>"
    if dice < 0.09:
        return "This message was deleted"
    text = " ".join(rng.choices(WORDS, k=rng.choice((1, 3, 6, 9, 14, 30))))
    if dice < 0.14:
        return text + "\n" + " ".join(rng.choices(WORDS, k=8)) + "\n\nend"
    return text + (" <This message was edited>" if dice < 0.15 else "")


def make_export(path: Path, messages: int, *, ios: bool, seed: int = 7) -> None:
    """Write an export of so many messages, some 100 bytes each."""
    rng = random.Random(seed)
    at = datetime(2015, 1, 31, 8, 0, 0)  # noqa: DTZ001 - exports are in local time
    with path.open("w", encoding="utf-8", newline="") as out:
        for _ in range(messages):
            at += timedelta(seconds=rng.choice((1, 4, 9, 30, 70, 400, 900)))
            stamp = f"[{at:%d/%m/%Y, %H:%M:%S}] " if ios else f"{at:%d/%m/%Y, %H:%M} - "
            name = rng.choice(NAMES)
            if rng.random() < 0.01:
                out.write(f"{stamp}Club: \u200e{name} added Zoe" if ios else f"{stamp}{name} added Zoe")
            else:
                out.write(f"{stamp}{name}: {bodies(rng, ios=ios, at=at)}")
            out.write("\r\n" if ios else "\n")


def plain_loop(path: Path) -> tuple[int, int]:
    """The baseline: read the lines, match each, strptime-free dates, a dictionary a message."""
    header = re.compile(
        r"^\u200e?\[?(\d{1,2})/(\d{1,2})/(\d{4}), (\d{1,2}):(\d{2})(?::(\d{2}))?\]?(?: -)? (?:([^:]+): )?(.*)"
    )
    messages: list[dict[str, object]] = []
    with path.open(encoding="utf-8", newline="") as lines:
        for line in lines.readlines():
            match = header.match(line.rstrip("\r\n"))
            if match:
                day, month, year, hour, minute, second, sender, text = match.groups()
                at = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))  # noqa: DTZ001
                messages.append({"at": at, "sender": sender, "text": text})
            elif messages:
                messages[-1]["text"] = f"{messages[-1]['text']}\n{line.rstrip()}"
    return len(messages), sum(len(str(message["text"])) for message in messages)


def ours(path: Path) -> tuple[int, int]:
    """The project's parser, streaming; each batch is dropped after it was counted."""
    from wa_pipeline.whatsapp.exports import open_export

    count = characters = 0
    with open_export(path) as export:
        for batch in export.messages(ZoneInfo(ZONE)):
            count += len(batch)
            characters += sum(len(message.text) for message in batch if message.text)
    return count, characters


def ours_with_ids(path: Path) -> tuple[int, int]:
    """The same, and every message's wa_msg_id."""
    from wa_pipeline.whatsapp.exports import open_export
    from wa_pipeline.whatsapp.identity import ExportIds

    count, ids = 0, ExportIds("Club")
    with open_export(path) as export:
        for batch in export.messages(ZoneInfo(ZONE)):
            count += len(ids.assign_all(batch))
    return count, 0


READERS: dict[str, Callable[[Path], tuple[int, int]]] = {"plain": plain_loop, "ours": ours, "ours+ids": ours_with_ids}


def measure(reader: str, path: Path) -> Result:
    """Run in the child: one reading, measured."""
    sys.path.insert(0, str(REPOSITORY))
    import wa_pipeline.whatsapp.exports
    import wa_pipeline.whatsapp.identity  # noqa: F401

    ZoneInfo(ZONE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    messages, characters = READERS[reader](path)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"messages": messages, "characters": characters, "cpu": cpu, "wall": wall, "grown_mb": grown}


def in_turns(path: Path, rounds: int) -> Iterator[tuple[str, Result]]:
    """Each reader once, in turns, each time in its own process."""
    for _ in range(rounds):
        for reader in READERS:
            child = [sys.executable, __file__, "--child", reader, str(path)]
            yield reader, json.loads(subprocess.run(child, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Print a table, or JSON."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--messages", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        print(json.dumps(measure(chosen.child[0], Path(chosen.child[1]))))
        return
    report: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for platform in ("ios", "android"):
            path = Path(folder) / f"{platform}.txt"
            make_export(path, chosen.messages, ios=platform == "ios")
            runs: dict[str, list[Result]] = {reader: [] for reader in READERS}
            for reader, result in in_turns(path, chosen.rounds):
                runs[reader].append(result)
            report[platform] = {
                reader: {
                    "megabytes": round(path.stat().st_size / 1e6, 1),
                    "messages": results[0]["messages"],
                    "per_cpu_second": round(chosen.messages / statistics.median(run["cpu"] for run in results)),
                    "per_wall_second": round(chosen.messages / statistics.median(run["wall"] for run in results)),
                    "grown_mb": round(statistics.median(run["grown_mb"] for run in results), 1),
                }
                for reader, results in runs.items()
            }
            for row in report[platform].values():
                row["ratio"] = round(row["per_cpu_second"] / report[platform]["plain"]["per_cpu_second"], 2)
    if chosen.json:
        print(json.dumps(report, indent=1))
        return
    print(f"{'':8} {'':10} {'messages':>10} {'/CPU s':>10} {'/wall s':>10} {'ratio':>6} {'memory +MB':>11}")
    for platform, readers in report.items():
        for reader, row in readers.items():
            print(
                f"{platform:8} {reader:10} {row['messages']:>10,} {row['per_cpu_second']:>10,}"
                f" {row['per_wall_second']:>10,} {row['ratio']:>6} {row['grown_mb']:>11}"
            )


if __name__ == "__main__":
    main()
