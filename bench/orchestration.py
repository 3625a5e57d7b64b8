"""What queue, store and Dagster add to the bare workers, and whether memory stays flat.

    python -m bench.orchestration [--files 1000] [--rounds 5] [--json]

The same mixed files two ways, taking turns step by step: `bare` gives them to `wa_pipeline.extract`'s workers from a
folder; `dagster` has them in the store, each sent in a message with a caption, and in the queue of a database of its
own (the embedded PostgreSQL), and runs the jobs `read_pictures` and `hear_speech` in this process, recorded on a real
instance, as `wa enrich` does: assets, pools' tags, observations, leases, downloads, results and their way into the
search included. No file has its text yet, in any round, and both ways start their workers anew. What a process pays
once is not in it: importing Dagster, opening the archive.

Medians over the rounds of wall seconds, of CPU seconds (this process, the workers and the database), and of each
round's ratio to `bare`. `start`: the wall seconds of one picture and one voice note, measured once before, which is
what each way costs whatever the number of files. `others`: CPU seconds the rest of the machine used meanwhile. Wall
seconds are worth little beside them, so `room` says what was left for us: the seconds of all cores, less those of
others; what we used of them and what we left idle. Then the memory of this process and of the workers in the second
and the last quarter of each job of the last `dagster` round.

    python -m bench.orchestration --files 2000 --rounds 1          # memory over 2,000 files
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

import av
import numpy as np
import psutil

from tests.extract import material
from wa_pipeline.archive import media as rows
from wa_pipeline.extract import Failure
from wa_pipeline.extract.results import DOCX
from wa_pipeline.recorded import run_job
from wa_pipeline.settings import Settings
from wa_pipeline.steps.bucket import ensure_bucket
from wa_pipeline.steps.context import Context, open_context
from wa_pipeline.steps.engines import open_extractor
from wa_pipeline.steps.schema import migrate
from wa_pipeline.storage import object_key, storage_path

Step = Literal["ocr", "asr"]
File = tuple[Step, Path, str]
JOBS = {"ocr": "read_pictures", "asr": "hear_speech"}
RATIOS = ("wall", "cpu", "room")
SAMPLE_SECONDS = 0.5
FORGET = """
update public.media set ocr_text = null, asr_text = null
where id in (select id from public.media where ocr_text is not null or asr_text is not null limit 500)
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WA_HOME"] = str(Path(folder) / "home")
        files = mixed_files(Path(folder) / "files", given.files)
        with open_context(Settings()) as ctx:
            migrate(ctx)
            ensure_bucket(ctx)
            fill(ctx, files)
            starts = measured_starts(ctx, files)
            report = compared(ctx, files, given.rounds, starts)
    print(json.dumps(report, indent=1) if given.json else described(report))


def mixed_files(folder: Path, count: int) -> list[File]:
    """Of twenty files: eleven pictures, light and dark; five voice notes; three documents; a video. No two the same."""
    folder.mkdir()
    voices = [_samples(path) for path in (material.ENGLISH, material.GERMAN)]
    files: list[File] = []
    for number in range(count):
        kind, name = number % 20, folder / f"{number}"
        if kind < 11:
            draw = material.picture if kind % 2 else material.dark_screenshot
            path = name.with_suffix(".jpg")
            draw((f"harbour number {number}", f"ticket {number * 7}")).save(path, quality=85)
            files.append(("ocr", path, "image/jpeg"))
        elif kind < 16:
            sound = np.concatenate([np.zeros(number), voices[number % 2]])
            files.append(("asr", material.sound(name.with_suffix(".opus"), sound, "libopus", 48_000), "audio/ogg"))
        elif kind < 18:
            files.append(("ocr", material.docx(name.with_suffix(".docx"), f"harbour {number}"), DOCX))
        elif kind < 19:
            files.append(("ocr", material.pdf(name.with_suffix(".pdf"), f"harbour {number}"), "application/pdf"))
        else:
            film = material.video(name.with_suffix(".mp4"), seconds=1 + number // 20 / 10, spoken=material.ENGLISH)
            files.append(("asr", film, "video/mp4"))
    return files


def _samples(path: Path) -> np.ndarray:
    with av.open(str(path)) as source:
        resampler = av.AudioResampler("s16", "mono", 48_000)
        pieces = [piece for frame in [*source.decode(audio=0), None] for piece in resampler.resample(frame)]
    return np.concatenate([piece.to_ndarray().reshape(-1) for piece in pieces]) / 32768


def fill(ctx: Context, files: list[File]) -> None:
    with ctx.connect() as conn:
        for number, (step, path, mime) in enumerate(files):
            digest = sha256(path.read_bytes()).hexdigest()
            key = object_key(digest, path.suffix[1:])
            ctx.store.put(key, path, mime=mime)
            row = rows.NewMedia(
                digest, mime, path.stat().st_size, None, None, None, storage_path(key), {"probed": True}
            )
            conn.execute(
                "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, text, media_id)"
                " values (%s, now() - make_interval(mins => %s), 'harbour@g.us', 'ann', %s, %s, %s)",
                (f"{number}", number, _kind(mime), f"See number {number}", rows.add(conn, row, [step])),
            )


def _kind(mime: str) -> str:
    kind = mime.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "other"


def measured_starts(ctx: Context, files: list[File]) -> dict[str, float]:
    """Wall seconds of each way over one file of each step."""
    few = [next(file for file in files if file[0] == step) for step in JOBS]
    took = {}
    for way in ("dagster", "bare", "dagster"):
        only_due(ctx, few)
        began = time.perf_counter()
        for step, job in JOBS.items():
            if way == "bare":
                bare(ctx, step, few)
            else:
                run_job(ctx, job)
        # The first run of all also makes Dagster's tables; the last counts.
        took[way] = time.perf_counter() - began
    return took


class Spent(NamedTuple):
    """Seconds: by the clock, of CPU for our work, and of CPU for whatever else the machine did."""

    wall: float
    cpu: float
    others: float

    @property
    def room(self) -> float:
        return self.wall * (psutil.cpu_count() or 1) - self.others


def compared(ctx: Context, files: list[File], rounds: int, starts: dict[str, float]) -> dict[str, dict[str, float]]:
    spent: dict[str, list[Spent]] = {"bare": [], "dagster": []}
    memory: dict[str, float] = {}
    for number in range(rounds):
        parts: dict[str, list[Spent]] = {way: [] for way in spent}
        for turn, (step, job) in enumerate(JOBS.items(), start=number):
            for way in sorted(parts, reverse=turn % 2 == 1):
                all_due(ctx)
                with sampled() as samples:
                    began = taken()
                    if way == "bare":
                        bare(ctx, step, files)
                    else:
                        run_job(ctx, job)
                    parts[way].append(Spent(*(end - start for start, end in zip(began, taken(), strict=True))))
                if way == "dagster":
                    all_done(ctx, step, sum(of == step for of, _, _ in files))
                    memory |= {f"{step}_{name}": size for name, size in quarters(samples).items()}
        for way, each in parts.items():
            spent[way].append(Spent(*map(sum, zip(*each, strict=True))))
            took = spent[way][-1]
            print(
                f"round {number + 1}, {way}: wall {took.wall:.1f}, CPU {took.cpu:.1f}, others {took.others:.1f}",
                file=sys.stderr,
                flush=True,
            )
    return {way: summed(took, spent["bare"], len(files), starts[way]) for way, took in spent.items()} | {
        "memory_mb": memory
    }


def summed(took: list[Spent], beside: list[Spent], files: int, start: float) -> dict[str, float]:
    """Medians of the rounds, and of their ratios to those of the bare workers."""
    row = {name: statistics.median(getattr(each, name) for each in took) for name in Spent._fields}
    row["room"] = statistics.median(each.room for each in took)
    for name in RATIOS:
        ratios = [getattr(each, name) / getattr(bare, name) for each, bare in zip(took, beside, strict=True)]
        row |= {
            f"{name}_times_bare": statistics.median(ratios),
            f"{name}_least": min(ratios),
            f"{name}_most": max(ratios),
        }
    return row | {"files_per_s": files / row["wall"], "start": start}


def bare(ctx: Context, step: Step, files: list[File]) -> None:
    items = [(str(path), path, mime) for of, path, mime in files if of == step]
    with open_extractor(ctx) as extractor:
        outcomes = list(extractor.read(step, items))
    failed = [outcome for _, outcome in outcomes if isinstance(outcome, Failure)]
    assert len(outcomes) == len(items), "every file has an outcome"
    assert not failed, failed[:3]


def all_due(ctx: Context) -> None:
    """No file has its text, in the search neither."""
    with ctx.connect(autocommit=True) as conn:
        conn.execute("update public.media_enrichment set state = 'pending', attempts = 0, next_attempt_at = now()")
        # More than a thousand at once would go into the search's backlog.
        while conn.execute(FORGET).rowcount:
            pass


def only_due(ctx: Context, files: list[File]) -> None:
    digests = [sha256(path.read_bytes()).hexdigest() for _, path, _ in files]
    with ctx.connect() as conn:
        conn.execute("update public.media_enrichment set state = 'done'")
        conn.execute(
            "update public.media_enrichment set state = 'pending' where media_id in "
            "(select id from public.media where sha256 = any(%s))",
            [digests],
        )


def all_done(ctx: Context, step: Step, number: int) -> None:
    with ctx.connect() as conn:
        states = conn.execute(
            "select e.state, length(s.norm) > length(m.text) + 4, count(*) from public.media_enrichment e"
            " join public.messages m on m.media_id = e.media_id join public.message_search s on s.message_id = m.id"
            " where e.step = %s group by 1, 2",
            (step,),
        ).fetchall()
    assert states == [("done", True, number)], "every file is read, and its words can be found"


def taken() -> tuple[float, float, float]:
    """The clock, the CPU seconds of this process, its workers and the database, and those of everybody else."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ours = sum(usage.ru_utime + usage.ru_stime for usage in own) + database()
    machine = psutil.cpu_times()
    return time.perf_counter(), ours, sum(machine) - machine.idle - getattr(machine, "iowait", 0) - ours


def database() -> float:
    """CPU seconds of the embedded server, its backends that have ended included."""
    used = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "postgres" in process.name():
                times = process.cpu_times()
                used += times.user + times.system + times.children_user + times.children_system
    return used


@contextmanager
def sampled() -> Iterator[list[tuple[int, int]]]:
    """(bytes of this process, bytes of its workers and their engines), taken all the while."""
    samples: list[tuple[int, int]] = []
    ended = threading.Event()

    def look() -> None:
        me = psutil.Process()
        while not ended.wait(SAMPLE_SECONDS):
            below = 0
            for child in me.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    # The embedded server's processes are below this one as well.
                    below += 0 if "postgres" in child.name() else child.memory_info().rss
            samples.append((me.memory_info().rss, below))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def quarters(samples: list[tuple[int, int]]) -> dict[str, float]:
    """Medians in MB of the second and the last quarter; in the first, engines are loading."""
    size = max(1, len(samples) // 4)
    found = {}
    for place, name in ((0, "run"), (1, "workers")):
        for quarter, part in (("second_quarter", samples[size : 2 * size]), ("last_quarter", samples[-size:])):
            found[f"{name}_{quarter}"] = statistics.median(sample[place] for sample in part or samples) / 1e6
    return found


def described(report: dict[str, dict[str, float]]) -> str:
    heads = ("wall s", "CPU s", "others", "room", "files/s", "start s", "x wall", "x CPU", "x room")
    lines = [f"{'':10}" + "".join(f"{head:>10}" for head in heads)]
    for way in ("bare", "dagster"):
        row = report[way]
        lines.append(
            f"{way:10}{row['wall']:>10.1f}{row['cpu']:>10.1f}{row['others']:>10.1f}{row['room']:>10.1f}"
            f"{row['files_per_s']:>10.2f}{row['start']:>10.1f}"
            + "".join(f"{row[f'{name}_times_bare']:>10.3f}" for name in RATIOS)
        )
    row = report["dagster"]
    lines += [f"x {name}: {row[f'{name}_least']:.3f} to {row[f'{name}_most']:.3f}" for name in RATIOS]
    lines += [f"memory: {name.replace('_', ', ')}: {size:.0f} MB" for name, size in report["memory_mb"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
