"""How quick the search is for every class of term, beside the one query that everybody writes first.

    python -m bench.search [--messages 200000] [--media 20000] [--rounds 20] [--pg system] [--plans] [--json]

Fills a database of its own with an invented archive (`bench.make_corpus`), adds a burst of old messages, and asks in
turns: one term of each class, by the search and by the naive query (all tables joined, one ILIKE for each field, OR).
Every answer of the search is compared with the naive query's. Times are milliseconds from call to rows; CPU is what the
server's processes spent, so that figures from a busy machine can be judged.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal
from uuid import UUID

import psycopg

from bench.make_corpus import fill
from wa_pipeline.archive import db
from wa_pipeline.archive.migrations import migrate
from wa_pipeline.archive.search import SearchQuery, explain, search
from wa_pipeline.archive.search_index import fill_batch, sizes
from wa_pipeline.archive.search_sql import COLUMNS, JOINS
from wa_pipeline.embedded import running
from wa_pipeline.settings import Settings

NAIVE = f"""
select {COLUMNS} from public.messages m {JOINS}
where m.text ilike %(like)s or d.ocr_text ilike %(like)s or d.asr_text ilike %(like)s
order by m.ts desc, m.id desc limit 51
"""
Server = Literal["auto", "system", "embedded"]
BURST = "jyxozzuq"
OF_OURS = {"burst_of_old_hits": [BURST], "three_emoji": ["🎉🎉🎉", "😂 😂"], "phrase_with_rare": [f"{BURST} again"]}


@dataclass
class Class:
    """What one class of terms took, in milliseconds."""

    terms: list[str]
    ours: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)
    ours_cpu: float = 0.0
    naive_cpu: float = 0.0
    hits: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Row:
    """A line of the table; `promised` says whether every term has three characters or more."""

    name: str
    p50: float
    p95: float
    cpu: float
    naive_p50: float
    naive_p95: float
    naive_cpu: float
    on_page: str
    promised: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--media", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pg", choices=("auto", "system", "embedded"), default="auto")
    parser.add_argument("--plans", action="store_true", help="print the plans of one term of each class instead")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with archive(given.messages, given.media, given.pg) as (conn, terms):
        classes = {name: Class(words) for name, words in terms.items()}
        if given.plans:
            show_plans(conn, classes)
            return
        measure(conn, classes, given.rounds)
        rows = [row_of(name, of_class) for name, of_class in classes.items()]
        if given.json:
            print(json.dumps({"messages": given.messages, "media": given.media, "server": db.describe(conn),
                              "load": os.getloadavg(), "classes": [asdict(row) for row in rows]}))  # fmt: skip
        else:
            show(
                rows, f"{given.messages:,} messages + {given.media:,} media, {db.describe(conn)}, {given.rounds} rounds"
            )


@contextmanager
def archive(messages: int, media: int, pg: Server) -> Iterator[tuple[psycopg.Connection, Mapping[str, list[str]]]]:
    """A filled archive in a home of its own, gone afterwards, and the terms to ask it for."""
    with (
        tempfile.TemporaryDirectory(prefix="wa-bench-") as folder,
        running(Settings(home=Path(folder), database_url=None, dagster_pg_url=None, pg=pg)) as server,
    ):
        migrate(server.archive_url)
        corpus = fill(server.archive_url, messages=messages, media=media)
        print(f"filled in {corpus.seconds} s", file=sys.stderr)
        with db.connect(server.archive_url, autocommit=True) as conn:
            conn.execute(
                "update public.messages set text = concat_ws(' ', text, %s::text) where id in"
                " (select id from public.messages order by ts limit %s)",
                (BURST, messages // 50),
            )
            began = time.perf_counter()
            while fill_batch(conn):
                pass
            took = time.perf_counter() - began
            print(f"indexed in {took:.1f} s, {took / messages * 1e6:.0f} µs a message; {sizes(conn)}", file=sys.stderr)
            conn.execute("vacuum analyze")
            check_planted(conn, corpus.planted)
            yield conn, by_length({**corpus.terms, **OF_OURS})


def by_length(terms: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The classes, with the terms of fewer than three characters in classes of their own, marked *."""
    cut: dict[str, list[str]] = {}
    for name, words in terms.items():
        for word in words:
            cut.setdefault(name if len(word) >= 3 else f"{name} *", []).append(word)
    return cut


def check_planted(conn: psycopg.Connection, planted: Mapping[str, int]) -> None:
    for term, count in planted.items():
        found = len(search(conn, SearchQuery(q=term)).items)
        assert found == count, f"{term!r} was put into {count} messages, {found} found"


def measure(conn: psycopg.Connection, classes: Mapping[str, Class], rounds: int) -> None:
    """`rounds` times: one term of each class in its turn, by both ways, compared."""
    for number in range(rounds):
        for name, of_class in classes.items():
            term = of_class.terms[number % len(of_class.terms)]
            ours, wall, cpu = timed(conn, by_search, term)
            of_class.ours.append(wall)
            of_class.ours_cpu += cpu / rounds
            naive, wall, cpu = timed(conn, by_naive, term)
            of_class.naive.append(wall)
            of_class.naive_cpu += cpu / rounds
            of_class.hits.add(len(ours))
            assert ours == naive[:50], f"{name}: {term!r} is answered otherwise than by the naive query"
        print(f"round {number + 1} of {rounds}", file=sys.stderr)


def by_search(conn: psycopg.Connection, term: str) -> list[UUID]:
    return [item.id for item in search(conn, SearchQuery(q=term, limit=50)).items]


def by_naive(conn: psycopg.Connection, term: str) -> list[UUID]:
    like = "%" + term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return [row[0] for row in conn.execute(db.literal(NAIVE), {"like": like}).fetchall()]


def timed(
    conn: psycopg.Connection, ask: Callable[[psycopg.Connection, str], list[UUID]], term: str
) -> tuple[list[UUID], float, float]:
    """The answer, wall milliseconds, and CPU milliseconds of the server's processes."""
    cpu, begun = server_cpu(conn), time.perf_counter()
    answer = ask(conn, term)
    wall = (time.perf_counter() - begun) * 1_000
    return answer, wall, (server_cpu(conn) - cpu)


def server_cpu(conn: psycopg.Connection) -> float:
    """CPU milliseconds of the connection's process and the server's ended children, parallel workers; 0 if unknown."""
    try:
        mine = _stat(conn.info.backend_pid)
        server = _stat(int(mine[1]))
    except OSError:
        return 0.0
    ticks = sum(map(int, mine[11:13])) + sum(map(int, server[13:15]))
    return ticks * 1_000 / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def row_of(name: str, of_class: Class) -> Row:
    hits = sorted(of_class.hits)
    return Row(
        name,
        p50=round(statistics.median(of_class.ours), 1),
        p95=round(p95(of_class.ours), 1),
        cpu=round(of_class.ours_cpu, 1),
        naive_p50=round(statistics.median(of_class.naive), 1),
        naive_p95=round(p95(of_class.naive), 1),
        naive_cpu=round(of_class.naive_cpu, 1),
        on_page=f"{hits[0]}–{hits[-1]}" if len(hits) > 1 else str(hits[0]),
        promised=all(len(term) >= 3 for term in of_class.terms),
    )


def p95(figures: list[float]) -> float:
    return statistics.quantiles(figures, n=20, method="inclusive")[-1] if len(figures) > 1 else figures[0]


def show(rows: list[Row], title: str) -> None:
    print(title, f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", sep=", ")
    print(f"{'ms':22}{'p50':>8}{'p95':>8}{'CPU':>8}   {'naive p50':>10}{'p95':>8}{'CPU':>8}   hits on page")
    for row in rows:
        print(
            f"{row.name:22}{row.p50:8.1f}{row.p95:8.1f}{row.cpu:8.1f}   "
            f"{row.naive_p50:10.1f}{row.naive_p95:8.1f}{row.naive_cpu:8.1f}   {row.on_page}"
        )
    worst = max((row for row in rows if row.promised), key=lambda row: row.p95)
    print("* holds terms of fewer than three characters; all answers equal the naive query's")
    print(f"worst p95 of three characters and more: {worst.p95} ms ({worst.name})")


def show_plans(conn: psycopg.Connection, classes: Mapping[str, Class]) -> None:
    for name, of_class in classes.items():
        print(f"=== {name}: {of_class.terms[0]}", *explain(conn, SearchQuery(q=of_class.terms[0])), sep="\n\n")
        print()


if __name__ == "__main__":
    main()
