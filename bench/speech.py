"""How fast voice notes become words, beside faster-whisper used plainly, and how many words are wrong.

    python -m bench.speech [--material people|synthetic] [--tuned] [--notes 20] [--mixed 6] [--rounds 5] [--json]

Three ways, taking turns, each on one core in a process of its own with its model loaded beforehand: the naive loop
(faster-whisper's defaults), the same with 8-bit integers and a beam of one, and `wa_pipeline.extract`'s speech step.
Material: people's announcements (`bench/people.py`), or synthetic voices (`bench/fresh.py`); with --tuned what the step
was tuned on of each. "short" are notes of at most 8 s, "mixed" notes of 3 to 60 s put together from single ones,
"words" every sentence there is, heard once for its errors, "nothing said" synthetic silence, noise, music and mixed
voices. Seconds are medians over the rounds; word errors count against what was spoken, accents aside.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import fresh, people, spoken

REPOSITORY = Path(__file__).resolve().parent.parent
SHORT = 8.0
WAYS = ("naive", "int8", "ours")


@dataclass(frozen=True)
class Note:
    """A file, what is said in it, and how long it takes."""

    path: Path
    text: str
    seconds: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--notes", type=int, default=20, help="voice notes of at most 8 s")
    arguments.add_argument("--mixed", type=int, default=6, help="notes of 3 to 60 s")
    arguments.add_argument("--words", type=int, default=1000, help="sentences heard once for their errors, at most")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--material", choices=("people", "synthetic"), default="people")
    arguments.add_argument("--tuned", action="store_true", help="of that material, what the step was tuned on")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--child", nargs=2, metavar=("WAY", "LIST"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.child:
        print(json.dumps(measured(given.child[0], read_list(Path(given.child[1])))))
        return
    singles = material(given.material, tuned=given.tuned)
    if not singles:
        arguments.error("no such speech is installed: see bench/people.py and bench/fresh.py for Debian's packages")
    short = [note for note in singles if note.seconds <= SHORT]
    longer = fresh.longer(singles, given.mixed)
    sets = (
        ("short", short[: given.notes], WAYS, given.rounds),
        ("mixed", longer, ("int8", "ours"), given.rounds),
        ("words", singles[: given.words], ("int8", "ours"), 1),
        ("nothing said", spoken.silent_notes(), ("int8", "ours"), 1),
    )
    report: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, notes, ways, rounds in sets:
            if notes:
                report[name] = compared(list_of(notes, Path(folder) / name.replace(" ", "-")), ways, rounds)
                print(described({name: report[name]}), file=sys.stderr, flush=True)
    spoken_in = sorted({note.language for note in singles[: given.words]})
    print(json.dumps(report, indent=1) if given.json else f"{described(report)}\nlanguages: {', '.join(spoken_in)}")


def material(kind: str, *, tuned: bool) -> list[spoken.Note]:
    if kind == "people":
        return people.notes(tuned=tuned)
    return spoken.short_notes() if tuned else fresh.notes()


def list_of(notes: list[spoken.Note], folder: Path) -> Path:
    """The notes as files, and a list of them."""
    folder.mkdir()
    lines = [json.dumps([str(spoken.write(note, folder)), note.text, note.seconds]) for note in notes]
    path = folder / "list"
    path.write_text("\n".join(lines))
    return path


def read_list(path: Path) -> list[Note]:
    return [Note(Path(file), text, seconds) for file, text, seconds in map(json.loads, path.read_text().splitlines())]


def compared(notes: Path, ways: Sequence[str], rounds: int) -> dict[str, dict[str, float]]:
    """Each way's medians, and its speed as a multiple of the naive loop's and of the 8-bit loop's."""
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            runs[way].append(in_child(way, notes))
    middle = {way: {key: statistics.median(run[key] for run in each) for key in each[0]} for way, each in runs.items()}
    for row in middle.values():
        for base in ("naive", "int8"):
            if base in middle:
                row[f"times_{base}"] = round(middle[base]["cpu"] / row["cpu"], 2)
                row[f"wall_times_{base}"] = round(middle[base]["wall"] / row["wall"], 2)
    return middle


def in_child(way: str, notes: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.speech", "--child", way, str(notes)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=REPOSITORY, env=env, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def measured(way: str, notes: list[Note]) -> dict[str, float]:
    """Run in the child: every note heard once."""
    hear = ours() if way == "ours" else plain(way)
    hear(notes[:1])
    cpu, wall = time.process_time(), time.perf_counter()
    heard = hear(notes)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    wrong = sum(word_errors(note.text, text) for note, text in zip(notes, heard, strict=True))
    words = sum(len(words_of(note.text)) for note in notes)
    seconds = sum(note.seconds for note in notes)
    return {
        "seconds": round(seconds, 1),
        "cpu": cpu,
        "wall": wall,
        "real_time_factor": cpu / seconds,
        "words": words,
        "word_error_rate": wrong / words if words else 0.0,
        "words_invented": sum(len(words_of(text)) for note, text in zip(notes, heard, strict=True) if not note.text),
    }


def plain(way: str) -> Callable[[list[Note]], list[str]]:
    """faster-whisper, file by file: with its defaults, or with 8-bit integers and a beam of one."""
    from faster_whisper import WhisperModel

    from wa_pipeline.extract.model import _from_packages

    kind = "int8" if way == "int8" else "default"
    model = WhisperModel("", device="cpu", compute_type=kind, cpu_threads=1, files=_from_packages())
    options = {"beam_size": 1} if way == "int8" else {}

    def hear(notes: list[Note]) -> list[str]:
        return ["".join(part.text for part in model.transcribe(str(note.path), **options)[0]) for note in notes]

    return hear


def ours() -> Callable[[list[Note]], list[str]]:
    """The speech step of a worker, in batches as the queue gives them."""
    from wa_pipeline.extract.messages import Item, Result
    from wa_pipeline.extract.results import Limits, Text
    from wa_pipeline.extract.speech import Speech

    speech = Speech(Limits(), None, (), 1)
    list(speech.load())

    def hear(notes: list[Note]) -> list[str]:
        texts = [""] * len(notes)
        for at in range(0, len(notes), 8):
            items = [Item(at + n, note.path, "audio/ogg") for n, note in enumerate(notes[at : at + 8])]
            for reply in speech.read(items):
                if isinstance(reply, Result) and isinstance(reply.value, Text):
                    texts[reply.index] = reply.value.text
        return texts

    return hear


def words_of(text: str) -> list[str]:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(sign))
    return re.findall(r"\w+", plain)


def word_errors(said: str, heard: str) -> int:
    """Words to put in, take out or change, at least."""
    wanted, got = words_of(said), words_of(heard)
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        previous, row = row, [i]
        for j, other in enumerate(got, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (word != other)))
    return row[-1]


def described(report: dict[str, dict[str, dict[str, float]]]) -> str:
    heads = ("sound s", "CPU s", "wall s", "x naive", "x int8", "(wall)", "WER %", "invented")
    lines = [f"{'':14}{'':8}" + "".join(f"{head:>10}" for head in heads)]
    for name, ways in report.items():
        for way, row in ways.items():
            numbers = (
                f"{row['seconds']:.1f}",
                f"{row['cpu']:.1f}",
                f"{row['wall']:.1f}",
                f"{row['times_naive']:.2f}" if "times_naive" in row else "",
                f"{row['times_int8']:.2f}",
                f"{row['wall_times_int8']:.2f}",
                f"{100 * row['word_error_rate']:.1f}" if row["words"] else "",
                f"{row['words_invented']:.0f}" if not row["words"] else "",
            )
            lines.append(f"{name:14}{way:8}" + "".join(f"{number:>10}" for number in numbers))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
