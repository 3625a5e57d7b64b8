"""What every request passes before anything of ours looks at it, and what every answer carries."""

from __future__ import annotations

import logging
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wa_pipeline.console.access import Access
from wa_pipeline.console.failures import failure
from wa_pipeline.storage import SIGN_PATH

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE_DAYS = 30
CLOSED_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": CLOSED_POLICY,
    "cache-control": "no-store",
}


log = logging.getLogger(__name__)

# Only exports are large, and go to disk as they come; everything else is read into memory.
STREAMED = frozenset({"/api/exports"})
MOST_BYTES = 256 << 10
UNEXPECTED = failure(500, "internal_error", "The console failed here; its log says why.")


class Guard:
    """Host, token and Origin checks in front of the application, safe headers behind it."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through or answers it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        if scope["path"] not in STREAMED:
            receive = _limited(receive)
        try:
            await (self._refusal(scope, Headers(scope=scope)) or self._app)(scope, receive, answer.send)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if not answer.started:
                await UNEXPECTED(scope, receive, answer.send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if not self._access.knows_host(headers.getlist("host")):
            return failure(403, "host_refused", "This name is not the console's; add it to WA_ALLOWED_HOSTS.")
        if _needs_no_token(scope["path"]):
            return None
        by_cookie = self._access.is_cookie(_cookie(headers, self._access.cookie_name))
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["method"] in SAFE_METHODS and self._access.is_token(dict(query).get("token")):
            return self._let_in(scope["path"], [(name, value) for name, value in query if name != "token"])
        if not by_cookie and not self._access.is_token(_bearer(headers)):
            return failure(
                401,
                "token_needed",
                "Open the link that `wa console` prints, or send its token as `Authorization: Bearer …`.",
                {"www-authenticate": "Bearer"},
            )
        if scope["method"] not in SAFE_METHODS and not self._from_our_page(headers, by_cookie):
            return failure(403, "origin_refused", "This request comes from a page that is not the console's.")
        return None

    def _from_our_page(self, headers: Headers, by_cookie: bool) -> bool:
        origin = headers.get("origin")
        if origin is None:
            # A browser names the origin of every unsafe request; a program with the token in hand need not.
            return not by_cookie
        return self._access.knows_origin(origin, headers["host"])

    def _let_in(self, path: str, query: list[tuple[str, str]]) -> Response:
        # One slash: `//host/` would lead to another site.
        target = "/" + quote(path.lstrip("/")) + (f"?{urlencode(query)}" if query else "")
        answer = RedirectResponse(target, 303)
        answer.set_cookie(
            self._access.cookie_name,
            self._access.cookie,
            max_age=COOKIE_DAYS * 86400,
            httponly=True,
            samesite="lax",
            secure=self._access.secure,
        )
        return answer


def _needs_no_token(path: str) -> bool:
    return path == "/healthz" or path.startswith(f"{SIGN_PATH}/")


def _bearer(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def _limited(receive: Receive) -> Receive:
    """The request, cut off where it gets too large, whatever it said of its length."""
    came = 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > MOST_BYTES:
            raise HTTPException(413)
        return message

    return counted


class _Answer:
    """Adds what an answer does not say itself, and gives the framework's plain-text errors the shape of ours."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._instead: Response | None = None
        self.started = False

    async def send(self, message: Message) -> None:
        """Passes on one part of the answer."""
        if message["type"] == "http.response.start":
            self.started = True
            message = self._start(message)
        elif self._instead is not None:
            if message.get("more_body"):
                return
            message = {"type": "http.response.body", "body": self._instead.body}
        await self._send(message)

    def _start(self, message: Message) -> Message:
        headers = MutableHeaders(scope=message)
        if message["status"] >= 400 and headers.get("content-type", "text/plain").startswith("text/plain"):
            self._instead = _in_our_shape(message["status"], headers)
            message = {**message, "headers": self._instead.raw_headers}
            headers = MutableHeaders(scope=message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        return message


def _in_our_shape(status: int, headers: MutableHeaders) -> Response:
    phrase = HTTPStatus(status).phrase
    kept = {name: headers[name] for name in ("content-range", "allow") if name in headers}
    return failure(status, phrase.lower().replace(" ", "_"), f"{phrase}.", kept)
