"""How fast exports go into the archive, beside plain COPY into the same indexed table.

    python -m bench.ingest [--messages 1000000] [--rounds 3] [--layout ios] [--json]

On a database of its own, in turns: the export is imported into the emptied table; plain COPY loads the rows that the
import made into the emptied table. Then the search's index is filled from its backlog, apart, as
the import's run does when it is done. Last, the export with one line appended is imported over what is there, zipped
anew.
Each import runs in a process of its own, which reports its CPU time, wall time and peak memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from bench.parse import REPOSITORY, ZONE, make_export
from wa_pipeline.archive import db
from wa_pipeline.archive.staging import COLUMNS
from wa_pipeline.settings import Settings
from wa_pipeline.steps import bucket, schema
from wa_pipeline.steps.context import Context, open_context
from wa_pipeline.steps.exports import import_export, register_export
from wa_pipeline.steps.search_index import fill


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--messages", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--layout", choices=("ios", "android"), default="ios")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--child", nargs=2, metavar=("HOME", "FILE"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.child:
        print(json.dumps(import_here(Path(given.child[0]), Path(given.child[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), given.messages, given.rounds, ios=given.layout == "ios")
    print(json.dumps(result) if given.json else describe(result))


def measure(folder: Path, messages: int, rounds: int, *, ios: bool) -> dict[str, float]:
    """Every figure, medians over the rounds."""
    text = folder / "_chat.txt"
    make_export(text, messages, ios=ios)
    first = zipped(text, folder / "WhatsApp Chat with Bench.zip")
    settings = Settings(home=folder / "home")
    fresh: list[dict[str, float]] = []
    plain: list[float] = []
    with open_context(settings) as ctx:
        schema.migrate(ctx)
        bucket.ensure_bucket(ctx)
        rows = folder / "rows.copy"
        for number in range(rounds):
            _empty(ctx)
            fresh.append(in_child(settings.home, first))
            if number == 0:
                written_out(ctx, rows)
            _empty(ctx)
            plain.append(plain_copy(ctx, rows))
        _empty(ctx)
        in_child(settings.home, first)
        indexed = fill(ctx)
        with text.open("a", encoding="utf-8") as file:
            file.write("[31/12/2039, 23:59:59] Ann: one more\n" if ios else "31/12/2039, 23:59 - Ann: one more\n")
        again = in_child(settings.home, zipped(text, folder / "WhatsApp Chat with Bench (1).zip"))
    imported = statistics.median(each["wall"] for each in fresh)
    copied = statistics.median(plain)
    return {
        "messages": messages,
        "inserted": fresh[0]["inserted"],
        "import_rows_per_s": messages / imported,
        "import_cpu_s": statistics.median(each["cpu"] for each in fresh),
        "import_peak_rss_mb": max(each["rss_mb"] for each in fresh),
        "plain_copy_rows_per_s": messages / copied,
        "ratio_to_plain_copy": copied / imported,
        "search_index_rows_per_s": indexed.indexed / indexed.seconds,
        "again_inserted": again["inserted"],
        "again_rows_per_s": messages / again["wall"],
        "again_cpu_s": again["cpu"],
        "again_peak_rss_mb": again["rss_mb"],
    }


def import_here(home: Path, file: Path) -> dict[str, float]:
    """Import the file in this process and say what it took."""
    with open_context(Settings(home=home)) as ctx:
        key = register_export(ctx, file, tz=ZONE)
        began = time.perf_counter()
        cpu = time.process_time()
        report = import_export(ctx, key)
        return {
            "inserted": report.inserted,
            "wall": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def in_child(home: Path, file: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.ingest", "--child", str(home), str(file)]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def written_out(ctx: Context, to: Path) -> None:
    """The rows of the import as COPY text, in the order they went in."""
    with ctx.connect() as conn, conn.cursor() as cursor, to.open("wb") as file:
        query = f"copy (select {COLUMNS} from public.messages order by (raw->>'seq')::bigint) to stdout"
        with cursor.copy(db.literal(query)) as copy:
            for block in copy:
                file.write(block)


def plain_copy(ctx: Context, rows: Path) -> float:
    """Seconds that COPY takes for these rows into the emptied, indexed table, with nothing noted for the search."""
    with ctx.connect(autocommit=True) as conn:
        conn.execute("alter table public.messages disable trigger messages_search_added")
        began = time.perf_counter()
        statement = db.literal(f"copy public.messages ({COLUMNS}) from stdin")
        with conn.cursor() as cursor, cursor.copy(statement) as copy, rows.open("rb") as file:
            while block := file.read(1 << 20):
                copy.write(block)
        took = time.perf_counter() - began
        conn.execute("alter table public.messages enable trigger messages_search_added")
        return took


def zipped(text: Path, to: Path) -> Path:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(text, "_chat.txt")
    return to


def describe(result: dict[str, float]) -> str:
    return "\n".join(f"{name:24} {value:>14,.2f}" for name, value in result.items())


def _empty(ctx: Context) -> None:
    """An empty table with its indexes; nothing of the last round left to be written out during the next."""
    with ctx.connect(autocommit=True) as conn:
        conn.execute("truncate public.messages cascade")
        conn.execute("checkpoint")


if __name__ == "__main__":
    main()
