"""What queue, store and Dagster add to the bare workers, and whether memory stays flat.

    python -m bench.orchestration [--files 1000] [--rounds 5] [--json]

The same mixed files two ways, taking turns: `bare` gives them to `wa_pipeline.extract`'s workers from a folder;
`dagster` has them in the store and in the queue of a database of its own (the embedded PostgreSQL), and runs the jobs
`read_pictures` and `hear_speech` in this process, recorded on a real instance, as `wa enrich` does: assets, pools'
tags, observations, leases, downloads and results included. Both start their workers anew each round. Medians of wall
and CPU seconds (this process and the workers; the database's are not ours to see). `start`: the wall seconds of one
picture and one voice note, measured once before, which is what each way costs whatever the number of files; `rest` is
the ratio without it. Then the memory of this process and of the workers in the second and the last quarter of each
job of the last `dagster` round.

    python -m bench.orchestration --files 2000 --rounds 1          # memory over 2,000 files
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Literal

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
SAMPLE_SECONDS = 0.25


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
        for step, path, mime in files:
            digest = sha256(path.read_bytes()).hexdigest()
            key = object_key(digest, path.suffix[1:])
            ctx.store.put(key, path, mime=mime)
            row = rows.NewMedia(
                digest, mime, path.stat().st_size, None, None, None, storage_path(key), {"probed": True}
            )
            rows.add(conn, row, [step])


def measured_starts(ctx: Context, files: list[File]) -> dict[str, float]:
    """Wall seconds of each way over one file of each step."""
    few = [next(file for file in files if file[0] == step) for step in JOBS]
    took = {}
    for way in ("dagster", "bare", "dagster"):
        only_due(ctx, few)
        began = time.perf_counter()
        if way == "bare":
            bare(ctx, few)
        else:
            for job in JOBS.values():
                run_job(ctx, job)
        # The first run of all also makes Dagster's tables; the last counts.
        took[way] = time.perf_counter() - began
    return took


def compared(ctx: Context, files: list[File], rounds: int, starts: dict[str, float]) -> dict[str, dict[str, float]]:
    spent: dict[str, list[tuple[float, float]]] = {"bare": [], "dagster": []}
    memory: dict[str, float] = {}
    for number in range(rounds):
        ways = ("bare", "dagster") if number % 2 == 0 else ("dagster", "bare")
        for way in ways:
            all_due(ctx)
            began, cpu = time.perf_counter(), processor()
            if way == "bare":
                bare(ctx, files)
            else:
                for step, job in JOBS.items():
                    with sampled() as samples:
                        run_job(ctx, job)
                    memory |= {f"{step}_{name}": size for name, size in quarters(samples).items()}
            spent[way].append((time.perf_counter() - began, processor() - cpu))
            if way == "dagster":
                all_done(ctx, len(files))
    middle = {
        way: {"wall": statistics.median(wall for wall, _ in took), "cpu": statistics.median(cpu for _, cpu in took)}
        for way, took in spent.items()
    }
    for way, row in middle.items():
        row["start"] = starts[way]
        row["rest_times_bare"] = (row["wall"] - starts[way]) / (middle["bare"]["wall"] - starts["bare"])
        row["files_per_s"] = len(files) / row["wall"]
        row["wall_times_bare"] = row["wall"] / middle["bare"]["wall"]
        row["cpu_times_bare"] = row["cpu"] / middle["bare"]["cpu"]
    return {**middle, "memory_mb": memory}


def bare(ctx: Context, files: list[File]) -> None:
    for step in JOBS:
        items = [(str(path), path, mime) for of, path, mime in files if of == step]
        with open_extractor(ctx) as extractor:
            outcomes = list(extractor.read("ocr" if step == "ocr" else "asr", items))
        failed = [outcome for _, outcome in outcomes if isinstance(outcome, Failure)]
        assert len(outcomes) == len(items), "every file has an outcome"
        assert not failed, failed[:3]


def all_due(ctx: Context) -> None:
    with ctx.connect() as conn:
        conn.execute("update public.media_enrichment set state = 'pending', attempts = 0, next_attempt_at = now()")


def only_due(ctx: Context, files: list[File]) -> None:
    digests = [sha256(path.read_bytes()).hexdigest() for _, path, _ in files]
    with ctx.connect() as conn:
        conn.execute("update public.media_enrichment set state = 'done'")
        conn.execute(
            "update public.media_enrichment set state = 'pending' where media_id in "
            "(select id from public.media where sha256 = any(%s))",
            [digests],
        )


def all_done(ctx: Context, number: int) -> None:
    with ctx.connect() as conn:
        states = conn.execute("select state, count(*) from public.media_enrichment group by 1").fetchall()
    assert states == [("done", number)], states


def processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


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
    lines = [
        f"{'':10}{'wall s':>10}{'CPU s':>10}{'files/s':>10}{'x bare':>10}{'(CPU)':>10}{'start s':>10}{'x (rest)':>10}"
    ]
    for way in ("bare", "dagster"):
        row = report[way]
        lines.append(
            f"{way:10}{row['wall']:>10.1f}{row['cpu']:>10.1f}{row['files_per_s']:>10.2f}"
            f"{row['wall_times_bare']:>10.3f}{row['cpu_times_bare']:>10.3f}"
            f"{row['start']:>10.1f}{row['rest_times_bare']:>10.3f}"
        )
    lines += [f"memory: {name.replace('_', ', ')}: {size:.0f} MB" for name, size in report["memory_mb"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
