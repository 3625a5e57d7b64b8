"""`wa listen`'s application: POST /webhooks/{source} and GET /healthz."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from wa_pipeline import __version__
from wa_pipeline.archive.inbox import Arrival
from wa_pipeline.doors.access import may_be_known, may_deliver, secret_of
from wa_pipeline.doors.body import SECONDS, NoRoom, Room, TooLarge, TooSlow
from wa_pipeline.doors.lander import Lander, own_id
from wa_pipeline.errors import DatabaseUnreachable
from wa_pipeline.steps.context import Context
from wa_pipeline.whatsapp.normalise import SOURCES, event_id

ANSWER = {"landed": True}
LATER = {"retry-after": "1"}
IN_HAND_MB = 256
"""Bodies in hand at once, unless a single one may have more than half of it."""
LARGE = 1 << 20
BAD_SECRET = "The signature or X-Webhook-Secret is not the one that is set."


class Rate:
    """At most so many deliveries a second from each source, a second's worth in a burst."""

    def __init__(self, a_second: int) -> None:
        self._a_second = a_second
        self._left: dict[str, tuple[float, float]] = {}

    def allows(self, source: str) -> bool:
        at = time.monotonic()
        left, since = self._left.get(source, (float(self._a_second), at))
        left = min(self._a_second, left + (at - since) * self._a_second)
        self._left[source] = (left - 1 if left >= 1 else left, at)
        return left >= 1


def create_app(ctx: Context) -> FastAPI:
    """The application over an open context; deliveries are durable before they are answered."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Lander(ctx) as lander:
            app.state.lander = lander
            yield

    app = FastAPI(title="wa listen", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    rate = Rate(ctx.settings.listen_rate)
    most = ctx.settings.listen_max_mb << 20
    room = Room(max(IN_HAND_MB << 20, 2 * most))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """That the door is open; whether the database is there shows at the next delivery."""
        return {"status": "ok"}

    @app.post("/webhooks/{source}", status_code=202, response_model=None)
    async def webhook(source: str, request: Request) -> JSONResponse:
        """Take one delivery. 202: it is in the inbox. Anything else: it is not, send it again."""
        if source not in SOURCES:
            return failure(404, "not_found", "There is no such source; it is baileys, waha, evolution or gowa.")
        secret = secret_of(ctx.settings, source)
        if secret is None:
            name = f"WA_WEBHOOK_SECRET_{source.upper()}"
            return failure(403, "no_secret", f"Deliveries of {source} are refused until {name} is set.")
        if not may_be_known(source, secret, request.headers):
            return failure(401, "bad_secret", BAD_SECRET)
        with room.held() as held:
            try:
                body = await held.read(request, most)
            except TooLarge:
                return failure(413, "too_large", f"A delivery may have {ctx.settings.listen_max_mb} MB.")
            except TooSlow:
                return failure(408, "too_slow", f"A delivery may take {SECONDS:.0f} seconds; send it again.")
            except NoRoom:
                return failure(503, "busy", "Too much is coming in at once; send it again.", LATER)
            except ClientDisconnect:
                return failure(400, "gone", "The delivery was not sent to its end.")
            if not may_deliver(source, secret, request.headers, body):
                return failure(401, "bad_secret", BAD_SECRET)
            # Only now, so that nobody but the source can use up what it may send.
            if not rate.allows(source):
                return failure(429, "too_many", "Too many deliveries a second; send it again.", LATER)
            await request.app.state.lander.land(Arrival(source, body, await _own_id(source, body)))
        return JSONResponse(ANSWER, 202)

    for kind in (DatabaseUnreachable, psycopg.Error):
        app.add_exception_handler(kind, _database)
    app.add_exception_handler(HTTPException, _http)
    return app


async def _own_id(source: str, body: bytes) -> str | None:
    """The source's own id; a large body is read beside the loop, which has others to serve."""
    if source != "waha":
        return None
    payload = own_id(body) if len(body) < LARGE else await asyncio.to_thread(own_id, body)
    return event_id(source, payload)


def failure(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The error answer, in the console's shape."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers=headers)


async def _database(_: Request, error: Exception) -> JSONResponse:
    return failure(503, "database_unreachable", "The database cannot be reached at the moment; send it again.")


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    sentence = {404: "There is nothing here.", 405: "This address does not take that method."}
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    return failure(error.status_code, code, sentence.get(error.status_code, "The request cannot be taken."))
