"""How quick the search is at the API, for every class of term, every filter, and deep pages.

    python -m bench.search_api [--messages 1000000] [--media 100000] [--seconds 60] [--keep FOLDER] [--json]

Fills a database of its own (`bench.make_corpus`, a burst of old messages added), puts it into the index, and serves it
with a console in a process of its own. Each request is `GET /api/messages` over HTTP on loopback: by one client, by
four at once, by one while messages come in, and once each after a restart of database and console. Every answer is
compared with a look at every row; SQLite's FTS5, with both its tokenizers, is asked for the same terms.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.make_corpus import Corpus, fill
from bench.search import BURST
from bench.search_rivals import Fts5, look_at_all, look_for_mistyped
from wa_pipeline.archive import db, search_index
from wa_pipeline.embedded import running
from wa_pipeline.settings import Settings
from wa_pipeline.steps import bucket, schema
from wa_pipeline.steps.context import open_context
from wa_pipeline.up.ports import free_port

TOKEN = "a token of the bench"
CONSOLE = [sys.executable, "-c", "from wa_pipeline.cli import main; main()", "console"]
COMPARED = 500
DEEP = 40
INCOMING = """
insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, text)
select gen_random_uuid()::text, now(), 'incoming@g.us', 'ann', 'text', 'incoming ' || n from generate_series(1, %s) n
"""
Asked = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--media", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each of the rounds")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the archive is made once, to be copied")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wa-bench-") as folder:
        filled = archive_in(Path(folder) / "home", given.keep, given.messages, given.media)
        result = measure(Path(folder), filled, given.seconds)
    print(json.dumps(result, ensure_ascii=False) if given.json else describe(result))


@dataclass(frozen=True)
class Filled:
    """What was written into an archive, and what its index cost."""

    corpus: Corpus
    index: dict[str, Any]


def archive_in(home: Path, keep: Path | None, messages: int, media: int) -> Filled:
    """A filled archive in `home`: copied from the folder `keep`, where it is made if it is not there."""
    if keep is None:
        return fill_home(home, messages, media)
    note = keep / f"{messages}-{media}.json"
    kept = keep / f"{messages}-{media}"
    if not note.exists():
        note.write_text(json.dumps(asdict(fill_home(kept, messages, media))))
    shutil.copytree(kept, home)
    os.sync()
    noted = json.loads(note.read_text())
    return Filled(Corpus(**noted["corpus"]), noted["index"])


def fill_home(home: Path, messages: int, media: int) -> Filled:
    """An archive with a burst long ago, all of it in the index."""
    with open_context(settings_of(home)) as ctx:
        schema.migrate(ctx)
        bucket.ensure_bucket(ctx)
        corpus = fill(ctx.archive_url, messages=messages, media=media)
        with ctx.connect(autocommit=True) as conn:
            return Filled(corpus, indexed(conn, messages))


def settings_of(home: Path) -> Settings:
    return Settings(home=home, database_url=None, dagster_pg_url=None)


def measure(folder: Path, filled: Filled, seconds: float) -> dict[str, Any]:
    settings, corpus = settings_of(folder / "home"), filled.corpus
    with open_context(settings) as ctx:
        schema.migrate(ctx)
        with ctx.connect(autocommit=True) as conn:
            result = {"messages": corpus.messages, "media": corpus.media, **filled.index}
            asked = questions(conn, corpus)
            with serving(settings) as http:
                result |= compared(conn, http, asked, folder)
                result["one"] = asking(http, asked, seconds, clients=1)
                result["four"] = asking(http, asked, seconds, clients=4)
                result["deep_pages"] = deep(conn, http, corpus.terms["common"][0])
                with incoming(ctx.archive_url) as written:
                    result["one_while_messages_come"] = asking(http, asked, seconds, clients=1)
                result["came_meanwhile"] = written[0]
    with running(settings), serving(settings) as http:
        result["first_after_restart"] = {name: took(http, each[0]) for name, each in asked.items()}
    return result


def indexed(conn: psycopg.Connection, messages: int) -> dict[str, Any]:
    """A burst long ago, then everything into the index: what that cost, and how large it is."""
    conn.execute(
        "update public.messages set text = concat_ws(' ', text, %s::text) where id in"
        " (select id from public.messages order by ts limit %s)",
        (BURST, messages // 50),
    )
    began = time.perf_counter()
    while search_index.fill_batch(conn):
        pass
    cost = (time.perf_counter() - began) / messages * 1e6
    conn.execute("vacuum analyze")
    return {"index_us_a_message": cost, "index_bytes": search_index.sizes(conn)}


def questions(conn: psycopg.Connection, corpus: Corpus) -> dict[str, list[Asked]]:
    """What is asked for, by class: terms, filters with a term and without one."""
    terms = {**corpus.terms, "burst_of_old_hits": [BURST], "one_letter": ["e", "k"], "three_emoji": ["🎉🎉🎉"]}
    asked: dict[str, list[Asked]] = {name: [{"q": word} for word in words] for name, words in terms.items()}
    asked["phrase"] = [{"q": f'"{corpus.terms["phrase_of_common"][0]}"'}]
    asked["words"] = [{"q": " ".join(corpus.terms["middling"][:2]), "mode": "words"}]
    asked["exclusion"] = [{"q": f"{corpus.terms['common'][0]} -{corpus.terms['common'][1]}"}]
    asked["typo"] = [{"q": word, "mode": "typo"} for word in mistyped(corpus.terms)]
    row = conn.execute(
        "select m.chat_id, m.group_id, m.sender, m.ts, m.ts + interval '30 days', g.name from public.messages m"
        " join public.groups g on g.id = m.group_id order by m.ts offset %s limit 1",
        (corpus.messages // 3,),
    ).fetchone()
    assert row is not None
    since, until = row[3].isoformat(), row[4].isoformat()
    filters = {
        "chat": {"chat_id": row[0]}, "group": {"group_id": str(row[1])}, "group_name": {"group_name": row[5]},
        "sender": {"sender": row[2]}, "kind": {"kind": "audio"}, "until": {"until": since},
        "a_month": {"since": since, "until": until}, "media": {"has_media": "true"},
        "no_media": {"has_media": "false"}, "chat_and_sender": {"chat_id": row[0], "sender": row[2]},
    }  # fmt: skip
    for name, narrowed in filters.items():
        words = (None, corpus.terms["common"][1], corpus.terms["middling"][1], corpus.terms["two_letters"][0])
        asked[f"filter_{name}"] = [{**narrowed, **({"q": word} if word else {})} for word in words]
    return asked


def mistyped(terms: Mapping[str, list[str]]) -> Iterator[str]:
    """Words with a letter wrong near the end, and in the middle one wrong, missing or added, or two changed places."""
    for word in [*terms["middling"], *(word for word in terms["common"] if len(word) > 4)]:
        half = len(word) // 2
        yield f"{word[:-2]}x{word[-1]}"
        yield f"{word[:half]}a{word[half + 1 :]}"
        yield f"{word[:half]}o{word[half:]}"
        yield word[: half - 1] + word[half] + word[half - 1] + word[half + 1 :]
        if len(word) > 5:
            yield word[:half] + word[half + 1 :]


@contextmanager
def serving(settings: Settings) -> Iterator[httpx.Client]:
    """A console in a process of its own, and a client that may ask it."""
    port = free_port("127.0.0.1", 18_400, what="the console", variable="WA_CONSOLE_PORT")
    env = {**os.environ, "WA_HOME": str(settings.home), "WA_CONSOLE_TOKEN": TOKEN}
    process = subprocess.Popen([*CONSOLE, "--port", str(port)], env=env, stdout=subprocess.DEVNULL)
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        ) as http:
            for _ in range(600):
                try:
                    http.get("/healthz").raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield http
    finally:
        process.terminate()
        process.wait(30)


def took(http: httpx.Client, asked: Asked) -> float:
    """Milliseconds of one request, answer and all."""
    began = time.perf_counter()
    http.get("/api/messages", params=asked).raise_for_status()
    return (time.perf_counter() - began) * 1_000


def asking(http: httpx.Client, asked: Mapping[str, list[Asked]], seconds: float, *, clients: int) -> dict[str, Any]:
    """Every question in turn until the time is over, by so many clients at once: p50 and p95 of each class."""
    until = time.monotonic() + seconds
    times: dict[str, list[float]] = defaultdict(list)

    def ask(shift: int) -> None:
        with httpx.Client(base_url=http.base_url, headers=http.headers, timeout=60) as mine:
            every = [(name, each) for name, many in asked.items() for each in many]
            for name, each in cycle(every[shift:] + every[:shift]):
                if time.monotonic() > until:
                    return
                times[name].append(took(mine, each))

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(ask, 13 * number) for number in range(clients)]:
            done.result()
    return {name: figures(each) for name, each in times.items()}


def figures(times: list[float]) -> dict[str, float]:
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
    return {"p50": statistics.median(times), "p95": p95, "requests": len(times)}


def deep(conn: psycopg.Connection, http: httpx.Client, term: str) -> dict[str, float]:
    """Page after page of a common term, and back: each the right fifty."""
    truth, _ = look_at_all(conn, {"q": term})
    times, query, at = [], {"q": term, "limit": "50"}, 0
    for turn, onward in (("next_cursor", 1), ("prev_cursor", -1)):
        for _ in range(DEEP):
            began = time.perf_counter()
            page = http.get("/api/messages", params=query).raise_for_status().json()
            times.append((time.perf_counter() - began) * 1_000)
            wanted = [str(key) for key in truth[50 * at : 50 * at + 50]]
            assert [item["id"] for item in page["items"]] == wanted, f"page {at} of {term!r} is another"
            if not page[turn]:
                break
            query["cursor"] = page[turn]
            at += onward
    return figures(times)


@contextmanager
def incoming(url: str) -> Iterator[list[int]]:
    """Messages that come in meanwhile: ten every fifth of a second, and two thousand at once every ten seconds."""
    written, over = [0], threading.Event()

    def write() -> None:
        with db.connect(url, autocommit=True) as conn:
            for tick in cycle(range(50)):
                if over.is_set():
                    return
                count = 10 if tick else 2_000
                conn.execute(INCOMING, (count,))
                written[0] += count
                while search_index.fill_batch(conn):
                    pass
                over.wait(0.2)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        over.set()
        thread.join()


def compared(
    conn: psycopg.Connection, http: httpx.Client, asked: Mapping[str, list[Asked]], folder: Path
) -> dict[str, Any]:
    """Each question against a look at every row, and what FTS5 takes for a plain term and does not find."""
    rivals = {name: Fts5(conn, folder / f"{name}.db", name) for name in ("trigram", "unicode61")}
    classes: dict[str, Any] = {}
    for name, each in asked.items():
        of_class: dict[str, Any] = defaultdict(list)
        for one in (one for one in each if one.get("mode") != "typo"):
            truth, naive = look_at_all(conn, one)
            items = http.get("/api/messages", params={**one, "limit": COMPARED}).raise_for_status().json()["items"]
            same = [item["id"] for item in items] == [str(key) for key in truth[:COMPARED]]
            assert same, f"{name}: {one} is answered otherwise than by a look at every row"
            if set(one) == {"q"} and name not in ("phrase", "exclusion"):
                of_class["naive_ms"].append(naive)
                of_class["rows"].append(len(truth))
                for rival, fts in rivals.items():
                    of_class[f"{rival}_ms"].append(fts.page(one["q"]))
                    of_class[f"{rival}_missed"].append(len(truth) - fts.count(one["q"]))
        if of_class:
            classes[name] = {key: max(values) for key, values in of_class.items()}
    for word, truth in look_for_mistyped(conn, [one["q"] for one in asked["typo"]]).items():
        asking = {"q": word, "mode": "typo", "limit": COMPARED}
        items = http.get("/api/messages", params=asking).raise_for_status().json()["items"]
        same = [item["id"] for item in items] == [str(key) for key in truth[:COMPARED]]
        assert same, f"{word!r}, mistyped, is answered otherwise than by a look at every row"
    built = {name: {"seconds": fts.seconds, "megabytes": fts.megabytes} for name, fts in rivals.items()}
    return {"beside": classes, "fts5": built}


def describe(result: Mapping[str, Any]) -> str:
    sizes = {name: f"{size / 1e6:.1f} MB" for name, size in result["index_bytes"].items()}
    lines = [
        f"{result['messages']:,} messages + {result['media']:,} media, load {os.getloadavg()[0]:.1f}",
        f"index: {result['index_us_a_message']:.0f} µs a message; {sizes}",
        f"FTS5: {result['fts5']}; {result['came_meanwhile']:,} messages came meanwhile",
        f"{'ms at the API':22}{'p50':>7}{'p95':>7}   4 at once{'p95':>7}   coming in{'p95':>7}   restarted"
        f"   {'rows':>8}{'naive':>9}{'trigram':>9}{'missed':>8}{'unicode61':>10}{'missed':>8}",
    ]
    for name, one in result["one"].items():
        four, busy = result["four"].get(name, one), result["one_while_messages_come"].get(name, one)
        beside = result["beside"].get(name)
        line = f"{name:22}{one['p50']:7.1f}{one['p95']:7.1f}   {four['p95']:16.1f}   {busy['p95']:16.1f}"
        line += f"   {result['first_after_restart'][name]:9.1f}"
        if beside:
            line += (
                f"   {beside['rows']:8}{beside['naive_ms']:9.1f}{beside['trigram_ms']:9.1f}{beside['trigram_missed']:8}"
                f"{beside['unicode61_ms']:10.1f}{beside['unicode61_missed']:8}"
            )
        lines.append(line)
    pages = result["deep_pages"]
    lines.append(f"{'deep pages':22}{pages['p50']:7.1f}{pages['p95']:7.1f}   {pages['requests']} pages, there and back")
    lines.append("every question's first 500 answers equal a look at every row; the others' figures are the worst")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
