"""How fast webhooks land in the inbox, one event a request, beside a handler that commits each by itself.

    python -m bench.landing [--events 100000] [--connections 32] [--naive 20000] [--kill] [--json]

In a home of its own, with its PostgreSQL and fsync on; server, database and client share this machine. First the
handler one would write at first (one INSERT and commit a request, a pool of ten connections), then `wa listen`. With
--kill, `wa listen` is killed outright in the middle and started again; the client sends again whatever had no 2xx, and
every event has to be in the inbox once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import psutil
import uvloop

from wa_pipeline.settings import REPOSITORY, Settings
from wa_pipeline.steps import schema
from wa_pipeline.steps.context import Context, open_context
from wa_pipeline.up.ports import free_port

SECRET = "a secret of the bench"
OURS = [sys.executable, "-c", "from wa_pipeline.cli import main; main()", "listen"]
NAIVE = [sys.executable, "-m", "bench.landing", "--serve-naive"]
READY_SECONDS = 30.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--naive", type=int, default=20_000, help="events of the naive handler's round")
    arguments.add_argument("--connections", type=int, default=32)
    arguments.add_argument("--kill", action="store_true")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--serve-naive", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.serve_naive:
        serve_naive()
        return
    with tempfile.TemporaryDirectory() as folder, open_context(Settings(home=Path(folder))) as ctx:
        schema.migrate(ctx)
        bench = Bench(ctx, given.connections)
        result = {"fsync": bench.setting("fsync"), "synchronous_commit": bench.setting("synchronous_commit")}
        if given.naive:
            result["naive"] = bench.round(NAIVE, given.naive)
        result["ours"] = bench.round(OURS, given.events, kill=given.kill)
    print(json.dumps(result) if given.json else describe(result))


def body(number: int) -> bytes:
    """A text message as a Baileys worker posts it."""
    message = {
        "key": {
            "remoteJid": "120363025246125486@g.us",
            "fromMe": False,
            "id": f"3EB0{number:016X}",
            "participant": f"4477009{number % 500:05d}@s.whatsapp.net",
        },
        "message": {"conversation": f"Message {number}: who waters the beans on Sunday? 🌱"},
        "messageTimestamp": 1_731_000_000 + number,
        "pushName": f"Person {number % 500}",
    }
    return json.dumps({"event": "messages.upsert", "data": {"type": "notify", "messages": [message]}}).encode()


def request(number: int) -> bytes:
    content = body(number)
    head = (
        "POST /webhooks/baileys HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"x-webhook-secret: {SECRET}\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@dataclass
class Sending:
    """What is still to be sent, and how long each answer took (seconds)."""

    waiting: list[int]
    took: list[float] = field(default_factory=list)
    refused: int = 0

    def next(self) -> int | None:
        return self.waiting.pop() if self.waiting else None


class Connection(asyncio.Protocol):
    """One keep-alive connection: the next request leaves when the answer to the one before has come."""

    def __init__(self, sending: Sending, ended: asyncio.Future[None]) -> None:
        self._sending = sending
        self._ended = ended
        self._number: int | None = None
        self._heard = b""
        self._left = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's own kind is no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, _, rest = self._heard.partition(b"\r\n\r\n")
        if not _ or len(rest) < _length(head):
            return
        if head[9:10] == b"2":
            self._sending.took.append(time.perf_counter() - self._left)
        else:
            self._sending.refused += 1
            self._sending.waiting.append(self._number or 0)
        self._number, self._heard = None, b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if self._number is not None:
            self._sending.waiting.append(self._number)
        if not self._ended.done():
            self._ended.set_result(None)

    def _send(self) -> None:
        self._number = self._sending.next()
        if self._number is None:
            self._transport.close()
            return
        self._left = time.perf_counter()
        self._transport.write(request(self._number))


def _length(head: bytes) -> int:
    found = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return int(found or 0)


async def deliver(port: int, connections: int, sending: Sending) -> None:
    """Send everything once; what had no 2xx is in `sending.waiting` again."""
    loop = asyncio.get_running_loop()
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        try:
            await loop.create_connection(lambda end=end: Connection(sending, end), "127.0.0.1", port)  # type: ignore[misc]
        except OSError:
            end.set_result(None)
    await asyncio.gather(*ends)


class Bench:
    """Rounds against one database, emptied before each."""

    def __init__(self, ctx: Context, connections: int) -> None:
        self._ctx = ctx
        self._connections = connections

    def setting(self, name: str) -> object:
        with self._ctx.connect() as conn:
            row = conn.execute("select current_setting(%s)", [name]).fetchone()
        return row[0] if row else None

    def round(self, command: Sequence[str], events: int, *, kill: bool = False) -> dict[str, object]:
        """One server process, every event once; its figures."""
        with self._ctx.connect() as conn:
            conn.execute("truncate public.wa_inbox")
        port = free_port("127.0.0.1", 18_500, what="the bench", variable="-")
        sending = Sending(list(range(events - 1, -1, -1)))
        server = self._start(command, port)
        try:
            began, cpu_before = time.perf_counter(), _cpu(server)
            if kill:
                uvloop.run(self._deliver_with_a_kill(port, sending, server, events))
                server = self._start(command, port)
            while sending.waiting:
                uvloop.run(deliver(port, self._connections, sending))
            seconds, cpu = time.perf_counter() - began, _cpu(server) - (0 if kill else cpu_before)
        finally:
            server.terminate()
            server.wait(20)
        with self._ctx.connect() as conn:
            row = conn.execute("select count(*), count(distinct payload::text) from public.wa_inbox").fetchone()
        assert row == (events, events), f"{events} events sent, (rows, distinct) are {row}"
        took = sorted(sending.took)
        result: dict[str, object] = {
            "events": events,
            "requests_per_s": events / seconds,
            **{f"p{percent}_ms": took[len(took) * percent // 100] * 1000 for percent in (50, 95, 99)},
            "max_ms": took[-1] * 1000,
            "refused": sending.refused,
        }
        if not kill:
            result["server_cpu_us_per_request"] = cpu / events * 1e6
        return result | ({"killed": True} if kill else {})

    async def _deliver_with_a_kill(
        self, port: int, sending: Sending, server: subprocess.Popen[bytes], events: int
    ) -> None:
        delivering = asyncio.create_task(deliver(port, self._connections, sending))
        while len(sending.took) < events // 2:
            await asyncio.sleep(0.005)
        server.kill()
        server.wait()
        # Whoever connects from here on is refused, so this ends with the connections there were.
        await delivering

    def _start(self, command: Sequence[str], port: int) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            "WA_HOME": str(self._ctx.settings.home),
            "DATABASE_URL": self._ctx.archive_url,
            "WA_LISTEN_PORT": str(port),
            "WA_LISTEN_RATE": "1000000",
            "WA_WEBHOOK_SECRET_BAILEYS": SECRET,
        }
        server = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the server did not start ({server.poll()})")
            time.sleep(0.05)
        return server


def _answers(port: int) -> bool:
    with suppress(OSError):
        import httpx

        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200
    return False


def _cpu(server: subprocess.Popen[bytes]) -> float:
    times = psutil.Process(server.pid).cpu_times()
    return float(times.user + times.system)


def serve_naive() -> None:
    """What one writes first: parse, one INSERT, commit, answer."""
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager
    from hashlib import sha256

    import uvicorn
    from fastapi import FastAPI, Request
    from psycopg_pool import AsyncConnectionPool

    pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=10, max_size=10, open=False)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    # Its annotation is looked up among the module's names, where a local import is not.
    async def webhook(request):  # type: ignore[no-untyped-def]
        content = await request.body()
        json.loads(content)
        async with pool.connection() as conn:
            await conn.execute(
                "insert into public.wa_inbox (source, source_event_id, payload) values ('baileys', %s, %s) "
                "on conflict (source, source_event_id) do nothing",
                [sha256(content).hexdigest(), content.decode()],
            )
        return {"landed": True}

    webhook.__annotations__["request"] = Request
    app.post("/webhooks/baileys")(webhook)
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["WA_LISTEN_PORT"]), log_level="warning", access_log=False)


def describe(result: dict[str, object]) -> str:
    lines = [f"fsync {result['fsync']}, synchronous_commit {result['synchronous_commit']}"]
    for name in ("naive", "ours"):
        found = result.get(name)
        if not isinstance(found, dict):
            continue
        lines.append(
            f"{name:6} {found['requests_per_s']:,.0f} requests/s of {found['events']:,}; p50 {found['p50_ms']:.1f} ms, "
            f"p95 {found['p95_ms']:.1f}, p99 {found['p99_ms']:.1f}, longest {found['max_ms']:.0f}"
        )
        if "server_cpu_us_per_request" in found:
            lines[-1] += f"; server CPU {found['server_cpu_us_per_request']:.0f} µs a request"
        if found.get("killed"):
            lines[-1] += "; killed in the middle, every event there once"
    return "\n".join(lines)


if __name__ == "__main__":
    main()
