"""How fresh live messages are, end to end: the real `wa up`, webhooks in, words found by search.

    python -m bench.live [--minutes 15] [--every 2] [--flags 9] [--door webhook|table] [--json]

In a home of its own it sends one message every two seconds, every tenth a voice note that the stand-in gateway here
serves, and measures from before the request until search finds the text, and until the words spoken are there. Then it
raises the discovery flag again and again, and measures until the code of its run is at work. Last, what Dagster's
database grew by, as a day at that rate. `--door table` writes to wa_inbox instead, as a worker of one's own may.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import httpx
import psycopg

from wa_pipeline.archive.search import SearchQuery, search
from wa_pipeline.demo import sample_exports
from wa_pipeline.instance.url import libpq_url
from wa_pipeline.settings import REPOSITORY, Settings
from wa_pipeline.steps.context import Context, open_context
from wa_pipeline.up.ports import free_port

GROUP = "120363025246125486@g.us"
SECRET = "a secret of the bench"
SPOKEN_AFTER = 10
SETTLE_SECONDS = 60.0
DAY, TICKS_KEPT = 86_400.0, 7_200.0


@dataclass
class Sent:
    """Moments (monotonic) by message id: when it left, when it was found."""

    left: dict[str, float] = field(default_factory=dict)
    found: dict[str, float] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        return [name for name in list(self.left) if name not in self.found]

    def seconds(self) -> list[float]:
        return sorted(self.found[name] - left for name, left in self.left.items() if name in self.found)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=15)
    arguments.add_argument("--every", type=float, default=2, metavar="SECONDS")
    arguments.add_argument("--flags", type=int, default=9)
    arguments.add_argument("--door", choices=("webhook", "table"), default="webhook")
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), given.minutes, given.every, given.flags, given.door)
    print(json.dumps(result) if given.json else describe(result))


def measure(folder: Path, minutes: float, every: float, flags: int, door: str) -> dict[str, object]:
    """Every figure, in seconds and megabytes."""
    notes = VoiceNotes()
    with gateway(notes) as address:
        env = environment(folder / "home", address)
        with up(env), open_context(settings(env)) as ctx:
            watch_group(ctx)
            texts, spoken = Sent(), Sent()
            grown = Growth(ctx)
            send = Sender(ctx, env, notes, address, door)
            with looking(ctx, texts, spoken):
                began = time.monotonic()
                for number in range(round(minutes * 60 / every)):
                    time.sleep(max(0.0, began + number * every - time.monotonic()))
                    one = spoken if number % SPOKEN_AFTER == SPOKEN_AFTER - 1 else texts
                    one.left[f"BENCH{number:08d}"] = time.monotonic()
                    send(f"BENCH{number:08d}", number, voice=one is spoken)
                growth = grown.per_day()
                wait_for(texts, spoken)
            raised = [flag_to_code(ctx) for _ in range(flags)]
    return {
        "messages": len(texts.left) + len(spoken.left),
        "text": spread(texts),
        "voice": spread(spoken),
        "flag_to_code": {"n": len(raised), "p50": statistics.median(raised) if raised else None, "all": raised},
        "dagster_mb_a_day": growth,
    }


def describe(result: dict[str, object]) -> str:
    lines = []
    for name, words in (("text", "webhook → text found"), ("voice", "webhook → spoken words")):
        figures = result[name]
        assert isinstance(figures, dict)
        told = ", ".join(f"{key} {value}" for key, value in figures.items())
        lines.append(f"{words}: {told}")
    lines.append(f"flag → discovery code: {result['flag_to_code']}")
    lines.append(f"Dagster's database, MB a day: {result['dagster_mb_a_day']}")
    return "\n".join(lines)


def spread(sent: Sent) -> dict[str, object]:
    seconds = sent.seconds()
    if not seconds:
        return {"sent": len(sent.left), "missing": len(sent.missing)}
    return {
        "sent": len(sent.left),
        "missing": len(sent.missing),
        "p50": round(statistics.median(seconds), 2),
        "p95": round(seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))], 2),
        "max": round(seconds[-1], 2),
    }


class VoiceNotes:
    """One spoken note of the sample archive in as many files as are asked for, each with bytes of its own."""

    def __init__(self) -> None:
        with zipfile.ZipFile(sample_exports()[2].path) as export:
            name = next(name for name in export.namelist() if name.endswith(".opus"))
            self._note = export.read(name)

    def file(self, number: int) -> bytes:
        out = io.BytesIO()
        with av.open(io.BytesIO(self._note), "r") as source, av.open(out, "w", format="ogg") as target:
            target.metadata["title"] = f"note {number}"
            spoken = source.streams.audio[0]
            copied = target.add_stream_from_template(spoken)
            for packet in source.demux(spoken):
                if packet.dts is not None:
                    packet.stream = copied
                    target.mux(packet)
        return out.getvalue()


@contextmanager
def gateway(notes: VoiceNotes) -> Iterator[str]:
    """A WAHA that holds voice notes and one group; its address."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/api/files/"):
                kind, body = "audio/ogg", notes.file(int(Path(self.path).stem))
            else:
                kind, body = "application/json", json.dumps([{"id": GROUP, "subject": "Bench"}]).encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def environment(home: Path, address: str) -> dict[str, str]:
    """A home and ports of its own; nothing of this machine's settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("WA_", "DAGSTER_", "SUPABASE_"))}
    ours.pop("DATABASE_URL", None)
    ports = {
        name: str(free_port("127.0.0.1", wanted, what="the bench", variable="-"))
        for name, wanted in (("WA_DAGSTER_PORT", 3400), ("WA_CONSOLE_PORT", 8800), ("WA_LISTEN_PORT", 9400))
    }
    secrets = {f"WA_WEBHOOK_SECRET_{source}": SECRET for source in ("BAILEYS", "WAHA")}
    live = {"WA_GATEWAY": "waha", "WA_GATEWAY_URL": address, "WA_GATEWAY_KEY": "bench", "WA_HOME": str(home)}
    return ours | ports | secrets | live


def settings(env: dict[str, str]) -> Settings:
    os.environ.update({name: value for name, value in env.items() if name.startswith("WA_")})
    return Settings()


@contextmanager
def up(env: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-c", "from wa_pipeline.cli import main; main()", "up", "--json"]
    process = subprocess.Popen(command, env=env, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        if not process.stdout.readline():
            raise SystemExit("`wa up` did not start")
        # The checks of a fresh home, and the first discovery, are not what is measured.
        time.sleep(30)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def watch_group(ctx: Context) -> None:
    with ctx.connect() as conn:
        conn.execute(
            "insert into public.groups (wa_group_id, name, monitor) values (%s, 'Bench', true)"
            " on conflict (wa_group_id) do update set monitor = true",
            (GROUP,),
        )


class Sender:
    """Delivers one message, by webhook or into the table."""

    def __init__(self, ctx: Context, env: dict[str, str], notes: VoiceNotes, address: str, door: str) -> None:
        self._ctx, self._notes, self._address, self._door = ctx, notes, address, door
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{env['WA_LISTEN_PORT']}")

    def __call__(self, name: str, number: int, *, voice: bool) -> None:
        source = "waha" if voice else "baileys"
        body = self._voice(name, number) if voice else text_message(name)
        if self._door == "webhook":
            headers = {"X-Webhook-Secret": SECRET}
            self._client.post(f"/webhooks/{source}", json=body, headers=headers).raise_for_status()
            return
        payload = json.dumps(body)
        with self._ctx.connect() as conn:
            conn.execute(
                "insert into public.wa_inbox (source, source_event_id, payload) values (%s, %s, %s)",
                (source, sha256(payload.encode()).hexdigest(), payload),
            )

    def _voice(self, name: str, number: int) -> dict[str, object]:
        return {
            "event": "message",
            "session": "default",
            "id": f"evt_{name}",
            "payload": {
                "id": f"false_{GROUP}_{name}_447700900002@c.us",
                "timestamp": int(time.time()),
                "from": GROUP,
                "participant": "447700900002@c.us",
                "fromMe": False,
                "hasMedia": True,
                "media": {"url": f"{self._address}/api/files/{number}.oga", "mimetype": "audio/ogg; codecs=opus"},
            },
        }


def text_message(name: str) -> dict[str, object]:
    message = {
        "key": {"remoteJid": GROUP, "fromMe": False, "id": name, "participant": "447700900001@s.whatsapp.net"},
        "message": {"conversation": f"Dinner number {name.lower()} is on Friday"},
        "messageTimestamp": int(time.time()),
        "pushName": "Alice",
    }
    return {"event": "messages.upsert", "data": {"type": "notify", "messages": [message]}}


@contextmanager
def looking(ctx: Context, texts: Sent, spoken: Sent) -> Iterator[None]:
    """Looks ten times a second for what was sent, by search and by what was heard."""
    done = threading.Event()

    def look() -> None:
        with ctx.connect(autocommit=True) as conn:
            while not done.wait(0.1):
                for name in texts.missing:
                    if search(conn, SearchQuery(q=name.lower())).items:
                        texts.found[name] = time.monotonic()
                for name in heard(conn, spoken.missing):
                    spoken.found[name] = time.monotonic()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def heard(conn: psycopg.Connection, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    rows = conn.execute(
        "select split_part(m.wa_msg_id, '|', 2) from public.messages m join public.media d on d.id = m.media_id"
        " where m.wa_msg_id = any(%s) and d.asr_text <> ''",
        ([f"{GROUP}|{name}" for name in names],),
    ).fetchall()
    return [str(name) for (name,) in rows]


def wait_for(*sent: Sent) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while any(one.missing for one in sent) and time.monotonic() < deadline:
        time.sleep(0.2)


def flag_to_code(ctx: Context) -> float:
    """Seconds from the flag until a run that was not there before notes its process, which its code does first."""
    with ctx.connect(autocommit=True) as conn, psycopg.connect(libpq_url(ctx.dagster_url), autocommit=True) as dagster:
        known = discoveries(dagster)
        at = time.monotonic()
        conn.execute(
            "insert into public.runtime_flags (key, value) values ('fetch_groups_requested', %s::jsonb)"
            " on conflict (key) do update set value = excluded.value",
            (json.dumps({"at": datetime.now(UTC).isoformat()}),),
        )
        while time.monotonic() - at < SETTLE_SECONDS:
            fresh = list(discoveries(dagster) - known)
            if conn.execute("select 1 from public.run_processes where run_id = any(%s)", (fresh,)).fetchone():
                took = time.monotonic() - at
                # Off the beat of Dagster's loop, so that the next one meets it at another moment.
                time.sleep(7.3 + took % 1)
                return round(took, 2)
            time.sleep(0.05)
    raise SystemExit("the flag led to no run")


def discoveries(dagster: psycopg.Connection) -> set[str]:
    rows = dagster.execute("select run_id from runs where pipeline_name like 'discover%'").fetchall()
    return {str(run_id) for (run_id,) in rows}


class Growth:
    """What Dagster's database grows by: as a whole, its event log, its ticks."""

    def __init__(self, ctx: Context) -> None:
        self._url = libpq_url(ctx.dagster_url)
        self._began, self._before = time.monotonic(), self._sizes()

    def per_day(self) -> dict[str, float]:
        share = DAY / (time.monotonic() - self._began) / 1e6
        after = self._sizes()
        grown = {name: round((after[name] - size) * share, 1) for name, size in self._before.items()}
        # Ticks that asked for nothing are deleted after two hours: this is what there is of them at any time.
        grown["job_ticks"] = round(grown["job_ticks"] * TICKS_KEPT / DAY, 1)
        return grown

    def _sizes(self) -> dict[str, int]:
        # Rows, not files: a table's file also grows by room that is used again.
        with psycopg.connect(self._url, autocommit=True) as conn:
            sizes = {}
            for table in ("event_logs", "asset_event_tags", "runs", "run_tags", "job_ticks", "snapshots"):
                row = conn.execute(f"select coalesce(sum(pg_column_size(t.*)), 0) from {table} t").fetchone()
                assert row
                sizes[table] = int(row[0])
        return sizes


if __name__ == "__main__":
    main()
