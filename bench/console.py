"""The console at size: each page's time, and whether it stays as it is under many patient readers.

    python -m bench.console [--messages 100000] [--media 10000] [--rounds 30] [--only pages|soak]

Fills a database of its own with an invented archive (`bench.make_corpus`) and starts a console over it, as `wa console`
does. Printed for each page: median, p95, the slowest, and the CPU the console itself spent (not PostgreSQL), beside
`/healthz` from the same run, which is the least any request costs; then for the soak: requests, errors, their times,
and the console's memory before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import psycopg

from bench.make_corpus import Corpus, fill
from wa_pipeline.archive.migrations import migrate
from wa_pipeline.embedded import running
from wa_pipeline.settings import Settings
from wa_pipeline.steps import search_index
from wa_pipeline.steps.context import Context
from wa_pipeline.storage import key_of, open_store
from wa_pipeline.up.ports import free_port

CONNECTIONS, EVERY_S, SOAK_S = 200, 5.0, 60.0
LARGEST = "select chat_id, count(*) from public.messages group by 1 order by 2 desc limit 1"
MIDDLE = "select id from public.messages where chat_id = %s order by ts desc offset %s limit 1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--media", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--only", choices=["pages", "soak"])
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="wa-bench-") as folder,
        running(settings := Settings(home=Path(folder), database_url=None, dagster_pg_url=None)) as server,
    ):
        migrate(server.archive_url)
        corpus = fill(server.archive_url, messages=given.messages, media=given.media)
        with closing(Context(settings, server.archive_url, "unused")) as ctx:
            search_index.fill(ctx)
        _store(settings, server.archive_url)
        addresses = _addresses(server.archive_url, corpus)
        with _served(server.archive_url, Path(folder)) as (process, client):
            print(f"{given.messages:,} messages, {given.media:,} media, load {os.getloadavg()[0]:.1f}")
            if given.only != "soak":
                _pages(client, process, addresses, given.rounds)
            if given.only != "pages":
                asyncio.run(_soak(client, process, list(addresses.values())))


def _store(settings: Settings, url: str) -> None:
    """A file for each media row, so that every link is signed as in an archive that is whole."""
    with closing(open_store(settings)) as store, psycopg.connect(url) as conn:
        store.ensure_bucket()
        body = settings.home / "body"
        body.write_bytes(b"x")
        for path, mime in conn.execute("select storage_path, mime from public.media").fetchall():
            store.put(key_of(path), body, mime=mime)


def _wa(*words: str) -> list[str]:
    return [sys.executable, "-c", "from wa_pipeline.cli import main; main()", *words]


@contextmanager
def _served(url: str, home: Path) -> Iterator[tuple[psutil.Process, httpx.Client]]:
    """A console over the database, its process, and a client that was let in."""
    port = free_port("127.0.0.1", 8700, what="a bench", variable="-")
    env = {**os.environ, "DATABASE_URL": url, "WA_HOME": str(home), "WA_CONSOLE_TOKEN": "bench"}
    with subprocess.Popen(_wa("console", "--port", str(port)), env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}",
                headers={"authorization": "Bearer bench"},
                transport=httpx.HTTPTransport(retries=5),
                timeout=30,
                follow_redirects=True,
            ) as client:
                yield psutil.Process(process.pid), client
        finally:
            process.terminate()
            process.wait()


def _addresses(url: str, corpus: Corpus) -> dict[str, str]:
    with psycopg.connect(url) as conn:
        row = conn.execute(LARGEST).fetchone()
        assert row
        chat = quote(row[0], safe="")
        middle = conn.execute(MIDDLE, (row[0], row[1] // 2)).fetchone()
        assert middle
    searches = {f"search, {name}": f"/?q={quote(words[0])}" for name, words in corpus.terms.items()}
    return {
        "healthz": "/healthz",
        "newest": "/",
        **searches,
        "conversation, newest": f"/chat?id={chat}",
        "conversation, middle": f"/messages/{middle[0]}",
        "gallery": "/gallery",
        "gallery, recordings": "/gallery?kind=audio",
        "groups": "/groups",
        "activity": "/activity",
        "failures": "/failures",
        "exports": "/exports",
        "status": "/status",
        "statistics": "/statistics",
        "api, groups": "/api/groups",
        "api, messages": "/api/messages?limit=50",
    }


def _pages(client: httpx.Client, process: psutil.Process, addresses: Mapping[str, str], rounds: int) -> None:
    """Every page in turn, again and again, so that what else the machine does meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in addresses}
    cpu = dict.fromkeys(addresses, 0.0)
    first: dict[str, float] = {}
    for turn in range(rounds + 1):
        for name, address in addresses.items():
            began, spent = time.perf_counter(), _cpu(process)
            client.get(address).raise_for_status()
            took = (time.perf_counter() - began) * 1000
            if turn:
                times[name].append(took)
                cpu[name] += (_cpu(process) - spent) * 1000 / rounds
            else:
                first[name] = took
    least = statistics.median(times["healthz"])
    print(f"{'ms':26}{'first':>8}{'p50':>8}{'p95':>8}{'most':>8}{'cpu':>8}{'x healthz':>11}")
    for name, found in times.items():
        middle = statistics.median(found)
        print(
            f"{name:26}{first[name]:8.0f}{middle:8.0f}{_p95(found):8.0f}{max(found):8.0f}{cpu[name]:8.0f}"
            f"{middle / least:11.1f}"
        )


async def _soak(client: httpx.Client, process: psutil.Process, pages: Sequence[str]) -> None:
    """Many connections that stay open, each asking every few seconds, not all at once."""
    times: list[float] = []
    errors: list[str] = []
    end = time.monotonic() + SOAK_S

    async def reader(number: int) -> None:
        async with httpx.AsyncClient(base_url=client.base_url, headers=client.headers, timeout=30) as own:
            await asyncio.sleep(EVERY_S * number / CONNECTIONS)
            turn = number
            while time.monotonic() < end:
                began = time.perf_counter()
                try:
                    answer = await own.get(pages[turn % len(pages)], follow_redirects=True)
                    if answer.status_code != 200:
                        errors.append(f"{pages[turn % len(pages)]}: {answer.status_code}")
                except httpx.HTTPError as error:
                    errors.append(f"{pages[turn % len(pages)]}: {type(error).__name__}")
                took = time.perf_counter() - began
                times.append(took * 1000)
                turn += 1
                await asyncio.sleep(max(0.0, EVERY_S - took))

    before = _rss(process)
    halfway: list[float] = []

    async def look() -> None:
        await asyncio.sleep(SOAK_S / 2)
        halfway.append(_rss(process))

    await asyncio.gather(look(), *(reader(number) for number in range(CONNECTIONS)))
    print(f"{CONNECTIONS} connections, a request each every {EVERY_S:.0f} s for {SOAK_S:.0f} s")
    print(f"{len(times)} requests, {len(errors)} errors")
    print(f"p50 {statistics.median(times):.0f} ms, p95 {_p95(times):.0f} ms, most {max(times):.0f} ms")
    print(f"memory: {before:.0f} MB at the start, {halfway[0]:.0f} MB halfway, {_rss(process):.0f} MB at the end")
    for error in sorted(set(errors))[:10]:
        print("  ", error)


def _cpu(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def _rss(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


if __name__ == "__main__":
    main()
