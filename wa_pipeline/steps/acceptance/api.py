"""The last criterion: a message fetched over HTTP, its media downloaded by the signed link that came with it."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wa_pipeline.archive.acceptance import Sample, newest_message_with_media
from wa_pipeline.errors import ConsoleSilent
from wa_pipeline.steps.acceptance.model import ConsoleApp, Verdict
from wa_pipeline.steps.context import Context

if TYPE_CHECKING:
    import httpx
    from starlette.types import ASGIApp

START_SECONDS = 15.0
ANSWER_SECONDS = 60.0


def message_with_signed_url(ctx: Context, console: ConsoleApp) -> Verdict:
    """GET /api/messages on the console's own application, served on a loopback port for as long as this takes; then
    the newest media's signed link, whose bytes must have the sha256 of the row. None: no message carries media yet."""
    import httpx

    with ctx.connect() as conn:
        sample = newest_message_with_media(conn)
    if sample is None:
        return Verdict(None, "no message carries media yet")
    app, token = console(ctx)
    with _served(app) as address, httpx.Client(base_url=address, timeout=ANSWER_SECONDS) as client:
        answer = client.get("/api/messages", params=_around(sample), headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 200:
            return Verdict(False, f"GET /api/messages answers {answer.status_code}")
        item = next((item for item in answer.json()["items"] if item["id"] == str(sample.id)), None)
        if item is None or item["media"] is None:
            return Verdict(False, f"GET /api/messages leaves out message {sample.id} or its media")
        link = item["media"]["signed_url"]
        if not link:
            return Verdict(False, f"the file of message {sample.id} is not in the store, so nothing was signed")
        return _downloaded(client, _reachable(link, ctx), sample)


def _around(sample: Sample) -> dict[str, str]:
    ts = sample.ts.astimezone(UTC)
    until = ts + timedelta(seconds=1)
    return {"chat_id": sample.chat_id, "since": ts.isoformat(), "until": until.isoformat(), "limit": "500"}


def _reachable(link: str, ctx: Context) -> str:
    """A local store's link names the console's usual address, where nobody need be listening now: the same path and
    signature are asked of the one served here."""
    if not link.startswith(f"{ctx.settings.console_url}/"):
        return link
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def _downloaded(client: httpx.Client, link: str, sample: Sample) -> Verdict:
    digest, size = hashlib.sha256(), 0
    # A fresh request without our token: the signature alone must open it.
    with client.stream("GET", link, follow_redirects=True) as answer:
        if answer.status_code != 200:
            return Verdict(False, f"the signed link of message {sample.id} answers {answer.status_code}")
        for chunk in answer.iter_bytes():
            digest.update(chunk)
            size += len(chunk)
    if digest.hexdigest() != sample.sha256:
        return Verdict(False, f"the signed link of message {sample.id} gives other bytes than its sha256 says")
    return Verdict(True, f"message {sample.id} came with its media; the signed link gave {size} bytes, sha256 equal")


@contextmanager
def _served(app: ASGIApp) -> Iterator[str]:
    """Serves the application on a free loopback port, from a thread; gives its address."""
    import uvicorn

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        config = uvicorn.Config(app, access_log=False, log_level="critical", timeout_graceful_shutdown=3)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            deadline = time.monotonic() + START_SECONDS
            while not server.started:
                if not thread.is_alive() or time.monotonic() > deadline:
                    raise ConsoleSilent
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)
