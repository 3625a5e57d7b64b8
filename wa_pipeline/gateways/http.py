"""HTTP to a gateway: bounded in time and size, tried again where that can help, and every failure one sentence."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wa_pipeline.errors import (
    GatewayBusy,
    GatewayError,
    GatewayHasNoFile,
    GatewayRefused,
    GatewayRefusesKey,
    GatewayStrange,
)
from wa_pipeline.errors import GatewayUnreachable as Unreachable

if TYPE_CHECKING:
    import httpx

Query = Mapping[str, str | int]
LARGEST: Final = 64 << 20
TRIES: Final = 3
_PAUSES: Final = (0.5, 2.0)
_LONGEST_PAUSE: Final = 10.0
_AGAIN: Final = frozenset({429, 502, 503, 504})
_SECONDS: Final = 60.0
_NO_MESSAGE: Final = re.compile(r"\bmessage\b.*\bnot found\b", re.IGNORECASE)


class Http:
    """Requests to one gateway. `headers` prove who asks; they are sent to its own address only."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        seconds: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx

        parts = urlsplit(url)
        self.base = url.rstrip("/")
        # For messages: never a name and password that stand in the address.
        self.where = parts.netloc.rpartition("@")[2]
        self.headers = dict(headers)
        self._sleep = sleep
        timeout = httpx.Timeout(seconds, connect=min(seconds, 5.0))
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False, headers=self.headers)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, query: Query | None = None) -> object:
        """The JSON document at a path. Raises `GatewayError`."""
        return self._json(self.ask("GET", path, query))

    def post(self, path: str, body: object) -> object:
        return self._json(self.ask("POST", path, body=body))

    def ask(self, method: str, path: str, query: Query | None = None, body: object = None) -> bytes:
        """The body of a successful answer. Connections that fail and answers that promise better are tried again."""
        deadline = time.monotonic() + _SECONDS
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            try:
                return self._once(method, path, query, body)
            except _TryAgain as again:
                pause = again.after if again.after is not None else _PAUSES[min(attempt, len(_PAUSES) - 1)]
                if last or pause > _LONGEST_PAUSE or time.monotonic() + pause > deadline:
                    raise again.error from None
                self._sleep(pause)
        raise AssertionError("the last try either answers or raises")

    def _once(self, method: str, path: str, query: Query | None, body: object) -> bytes:
        import httpx

        given = {"params": dict(query)} if query else {}
        if body is not None:
            given["json"] = body  # type: ignore[assignment]
        try:
            with self._client.stream(method, self.base + path, **given) as answer:  # type: ignore[arg-type]
                read = self._read(answer)
        except httpx.TimeoutException:
            raise _TryAgain(Unreachable(where=self.where, reason="it does not answer in time")) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Unreachable(where=self.where, reason="this is no address of a web server") from None
        except httpx.HTTPError as error:
            raise _TryAgain(Unreachable(where=self.where, reason=_reason(error))) from None
        self._judge(answer, read)
        return read

    def _read(self, answer: httpx.Response) -> bytes:
        pieces, size, deadline = [], 0, time.monotonic() + _SECONDS
        for piece in answer.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST:
                raise GatewayStrange(where=self.where, reason=f"it is larger than {LARGEST >> 20} MB")
            if time.monotonic() > deadline:
                raise _TryAgain(Unreachable(where=self.where, reason="its answer takes too long"))
        return b"".join(pieces)

    def _judge(self, answer: httpx.Response, body: bytes) -> None:
        status = answer.status_code
        if 200 <= status < 300:
            return
        if status in (401, 403):
            raise GatewayRefusesKey(where=self.where, status=status)
        if status in _AGAIN:
            after = answer.headers.get("retry-after", "")
            raise _TryAgain(GatewayBusy(where=self.where, status=status), float(after) if after.isdecimal() else None)
        if 300 <= status < 400:
            raise GatewayStrange(where=self.where, reason="it leads to another address")
        raise GatewayRefused(where=self.where, status=status, reason=_said(body))

    def _json(self, body: bytes) -> object:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            looks = "a web page" if body.lstrip()[:1] == b"<" else "no JSON document"
            raise GatewayStrange(where=self.where, reason=f"it is {looks}") from None


class _TryAgain(Exception):
    """A failure that may pass; `after`: seconds the gateway asked to be left alone."""

    def __init__(self, error: GatewayError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.after = error, after


def _reason(error: httpx.HTTPError) -> str:
    return {"ConnectError": "nobody answers there"}.get(type(error).__name__, "the connection broke off")


def _said(body: bytes) -> str:
    """The gateway's own short reason, where it gives one as JSON."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return "no reason given"
    told = told if isinstance(told, dict) else {}
    inner = told.get("response")
    places = (inner.get("message") if isinstance(inner, dict) else None, told.get("message"), told.get("error"))
    for found in places:
        words = found if isinstance(found, str) else " ".join(map(str, found)) if isinstance(found, list) else ""
        if short := " ".join(words.split())[:120].rstrip("."):
            return short
    return "no reason given"


@contextmanager
def asking_for_a_file() -> Iterator[None]:
    """Tells a message the gateway does not have from its other refusals, by the words all three have for it."""
    try:
        yield
    except GatewayRefused as refused:
        if _NO_MESSAGE.search(str(refused.facts["reason"])):
            raise GatewayHasNoFile(**refused.facts) from None
        raise
