"""A stand-in for Supabase Storage that speaks its wire: headers, error shapes, signed links, limits, and faults.

What it answers was taken from a real storage-api 1.11.2: nearly every error is HTTP 400 with the true status as a
string in the body; to a wrong key a download says that the bucket is missing; listings stop at 100 and show one folder.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from uuid import uuid4

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.storage.serving import serving

KEY = "sb_secret_stand-in_0123456789"
JWT_SECRET = b"the stand-in's own"
SLOW_S = 0.5
STAMP = "2026-01-02T03:04:05.678Z"
HTML_503 = "<html><head><title>503</title></head><body><h1>Service Temporarily Unavailable</h1></body></html>"


@dataclass
class Stored:
    body: bytes
    mime: str
    id: str = field(default_factory=lambda: str(uuid4()))


@dataclass
class Bucket:
    public: bool = False
    file_size_limit: int | None = None
    objects: dict[str, Stored] = field(default_factory=dict)


@dataclass
class Fault:
    """`times` answers to requests whose "METHOD /path" begins with `on` go wrong in the way `kind` says."""

    kind: str
    on: str
    times: int
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    def __init__(self, status: int, error: str, message: str, code: str) -> None:
        self.body = {"statusCode": str(status), "error": error, "message": message, "code": code}


NO_BUCKET = Refused(404, "Bucket not found", "Bucket not found", "NoSuchBucket")
NO_OBJECT = Refused(404, "not_found", "Object not found", "NoSuchKey")
BAD_KEY = Refused(403, "Unauthorized", "signature verification failed", "AccessDenied")


class StandIn:
    """The state of one server: its buckets, the faults to come, and the requests it has seen."""

    def __init__(self, key: str = KEY) -> None:
        self.key = key
        self.url = ""
        self.buckets: dict[str, Bucket] = {}
        self.faults: list[Fault] = []
        self.seen: list[str] = []
        self.uploads: list[Headers] = []
        self.list_cap = 100_000
        self.open = 0
        self.most_open = 0
        """Requests under way: at this moment, and the most there ever were."""

    def fail(self, kind: str, on: str, times: int = 1, **headers: str) -> None:
        """Makes `times` answers go wrong: 500 (Storage's own error), 503 (a proxy's page), 429, 402, 404 (no bucket),
        redirect, portal (a page with status 200), cut (the connection breaks in mid-body), deaf (it is closed
        unanswered), lost (the work is done, the answer not sent), slow (half a second late).
        """
        self.faults.append(Fault(kind, on, times, {name.replace("_", "-"): value for name, value in headers.items()}))

    def app(self, url: str) -> ASGIApp:
        self.url = url
        routes = [
            Route("/storage/v1/bucket", self._create_bucket, methods=["POST"]),
            Route("/storage/v1/bucket/{bucket}", self._bucket, methods=["GET", "DELETE"]),
            Route("/storage/v1/object/list/{bucket}", self._list, methods=["POST"]),
            Route("/storage/v1/object/info/{bucket}/{key:path}", self._info),
            Route("/storage/v1/object/sign/{bucket}", self._sign_many, methods=["POST"]),
            Route("/storage/v1/object/sign/{bucket}/{key:path}", self._sign_one, methods=["POST"]),
            Route("/storage/v1/object/sign/{bucket}/{key:path}", self._signed),
            Route("/storage/v1/object/{bucket}", self._remove, methods=["DELETE"]),
            Route("/storage/v1/object/{bucket}/{key:path}", self._upload, methods=["POST"]),
            Route("/storage/v1/object/{bucket}/{key:path}", self._download),
        ]
        app = Starlette(routes=routes, exception_handlers={Refused: _refusal})
        return _Faulty(app, self)

    def sign(self, bucket: str, key: str, expires_in: int) -> str:
        """A signed link as Storage makes it, relative and without /storage/v1."""
        now = int(time.time())
        payload = {"url": f"{bucket}/{key}", "scope": "download", "iat": now, "exp": now + expires_in}
        return f"/object/sign/{bucket}/{key}?token={_jwt(payload)}"

    async def _create_bucket(self, request: Request) -> Response:
        self._authorise(request)
        wanted = await request.json()
        if wanted["id"] in self.buckets:
            raise Refused(409, "Duplicate", "The resource already exists", "BucketAlreadyExists")
        self.buckets[wanted["id"]] = Bucket(wanted.get("public", False), wanted.get("file_size_limit"))
        return JSONResponse({"name": wanted["id"]})

    async def _bucket(self, request: Request) -> Response:
        self._authorise(request)
        bucket = self._found(request)
        name = request.path_params["bucket"]
        if request.method == "DELETE":
            if bucket.objects:
                raise Refused(409, "InvalidRequest", "The bucket you tried to delete is not empty", "ResourceNotEmpty")
            del self.buckets[name]
            return JSONResponse({"message": "Successfully deleted"})
        return JSONResponse(
            {
                "id": name, "name": name, "owner": "", "public": bucket.public, "created_at": STAMP,
                "updated_at": STAMP, "file_size_limit": bucket.file_size_limit, "allowed_mime_types": None,
            }
        )  # fmt: skip

    async def _upload(self, request: Request) -> Response:
        self._authorise(request)
        bucket, key = self._found(request), request.path_params["key"]
        mime, body = _file_part(request.headers["content-type"], await request.body())
        self.uploads.append(request.headers)
        if bucket.file_size_limit is not None and len(body) > bucket.file_size_limit:
            message = "The object exceeded the maximum allowed size"
            raise Refused(413, "Payload too large", message, "EntityTooLarge")
        if key in bucket.objects and request.headers.get("x-upsert") != "true":
            raise Refused(409, "Duplicate", "The resource already exists", "KeyAlreadyExists")
        bucket.objects[key] = Stored(body, mime)
        return JSONResponse({"Key": f"{request.path_params['bucket']}/{key}", "Id": bucket.objects[key].id})

    async def _download(self, request: Request) -> Response:
        if not self._knows(request):
            raise NO_BUCKET
        return _bytes(request, self._object(request))

    async def _info(self, request: Request) -> Response:
        self._authorise(request)
        stored = self._object(request)
        return JSONResponse(
            {
                "id": stored.id, "name": request.path_params["key"], "version": str(uuid4()),
                "bucket_id": request.path_params["bucket"], "size": len(stored.body), "content_type": stored.mime,
                "cache_control": "max-age=3600", "etag": _etag(stored), "metadata": {}, "last_modified": STAMP,
                "created_at": STAMP,
            }
        )  # fmt: skip

    async def _list(self, request: Request) -> Response:
        if not self._knows(request):
            return JSONResponse([])
        asked = await request.json()
        prefix = asked["prefix"] + "/" if asked["prefix"] else ""
        entries: dict[str, Stored | None] = {}
        for key, stored in self._found(request).objects.items():
            if key.startswith(prefix):
                name, below, _ = key[len(prefix) :].partition("/")
                entries[name] = None if below else stored
        start = asked.get("offset", 0)
        page = sorted(entries.items())[start : start + min(asked.get("limit", 100), self.list_cap)]
        return JSONResponse([_entry(name, stored) for name, stored in page])

    async def _sign_one(self, request: Request) -> Response:
        self._authorise(request)
        self._object(request)
        expires_in = _expires_in(await request.json())
        params = request.path_params
        return JSONResponse({"signedURL": self.sign(params["bucket"], params["key"], expires_in)})

    async def _sign_many(self, request: Request) -> Response:
        self._authorise(request)
        bucket, asked = self._found(request), await request.json()
        expires_in, name = _expires_in(asked), request.path_params["bucket"]
        if not asked["paths"]:
            raise Refused(400, "Error", "body/paths must NOT have fewer than 1 items", "InvalidRequest")
        missing = "Either the object does not exist or you do not have access to it"
        return JSONResponse(
            [
                {"error": None, "path": key, "signedURL": self.sign(name, key, expires_in)}
                if key in bucket.objects
                else {"error": missing, "path": key, "signedURL": None}
                for key in asked["paths"]
            ]
        )

    async def _signed(self, request: Request) -> Response:
        payload = _payload(request.query_params.get("token"))
        if payload["url"] != "{bucket}/{key}".format(**request.path_params):
            raise Refused(400, "InvalidSignature", "Invalid signature", "InvalidSignature")
        if int(str(payload["exp"])) <= time.time():
            raise Refused(400, "InvalidJWT", '"exp" claim timestamp check failed', "InvalidJWT")
        return _bytes(request, self._object(request))

    async def _remove(self, request: Request) -> Response:
        self._authorise(request)
        bucket = self._found(request)
        gone = [(key, bucket.objects.pop(key, None)) for key in (await request.json())["prefixes"]]
        return JSONResponse([_entry(key, stored) for key, stored in gone if stored])

    def _knows(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "")
        return request.headers.get("apikey") == self.key and bearer == f"Bearer {self.key}"

    def _authorise(self, request: Request) -> None:
        if not self._knows(request):
            raise BAD_KEY

    def _found(self, request: Request) -> Bucket:
        try:
            return self.buckets[request.path_params["bucket"]]
        except KeyError:
            raise NO_BUCKET from None

    def _object(self, request: Request) -> Stored:
        try:
            return self._found(request).objects[request.path_params["key"]]
        except KeyError:
            raise NO_OBJECT from None


class _Faulty:
    """Lets requests go wrong below HTTP, where an application cannot: it needs uvicorn's own connection."""

    def __init__(self, app: ASGIApp, standin: StandIn) -> None:
        self.app, self.standin = app, standin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        line = f"{scope['method']} {scope['path'].removeprefix('/storage/v1')}"
        self.standin.seen.append(line)
        self.standin.open += 1
        self.standin.most_open = max(self.standin.most_open, self.standin.open)
        try:
            await self._answer(line, scope, receive, send)
        finally:
            self.standin.open -= 1

    async def _answer(self, line: str, scope: Scope, receive: Receive, send: Send) -> None:
        fault = next((one for one in self.standin.faults if one.times and line.startswith(one.on)), None)
        if fault is None:
            await self.app(scope, receive, send)
            return
        fault.times -= 1
        transport: asyncio.Transport = receive.__self__.transport  # type: ignore[attr-defined]
        if fault.kind == "slow":
            await asyncio.sleep(SLOW_S)
            await self.app(scope, receive, send)
        elif fault.kind == "deaf":
            transport.abort()
        elif fault.kind == "lost":
            await self.app(scope, receive, _cutting(send, transport, share=0))
        elif fault.kind == "cut" and scope["method"] == "POST":
            await receive()
            transport.abort()
        elif fault.kind == "cut":
            await self.app(scope, receive, _cutting(send, transport, share=0.5))
        else:
            await _error_answer(fault)(scope, receive, send)


def _cutting(send: Send, transport: asyncio.Transport, *, share: float) -> Send:
    """Passes on the head and a share of the body, then breaks the connection; of nothing at all where it is 0."""

    async def cut(message: Message) -> None:
        if share and message["type"] == "http.response.start":
            await send(message)
            return
        if share and (body := message.get("body")):
            await send({**message, "body": body[: int(len(body) * share)], "more_body": True})
            await asyncio.sleep(0.05)
        transport.abort()

    return cut


def _error_answer(fault: Fault) -> Response:
    if fault.kind == "503":
        return HTMLResponse(HTML_503, 503, headers=fault.headers)
    if fault.kind == "402":
        return JSONResponse({"message": "Exceeded organisation quota"}, 402)
    if fault.kind == "404":
        return JSONResponse(NO_BUCKET.body, 400)
    if fault.kind == "redirect":
        return Response(status_code=307, headers=fault.headers)
    if fault.kind == "portal":
        return HTMLResponse("<html>Please log in to the network</html>", 200)
    errors = {"500": "Internal", "429": "too_many_requests"}
    body = {"statusCode": fault.kind, "error": errors[fault.kind], "message": "Something went wrong", "code": "Err"}
    return JSONResponse(body, 400 if fault.kind == "500" else int(fault.kind), headers=fault.headers)


def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse(error.body, 400)


def _file_part(content_type: str, body: bytes) -> tuple[str, bytes]:
    boundary = content_type.partition("boundary=")[2].encode()
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(head)
        if headers.get_param("name", header="content-disposition") == "file":
            return str(headers.get("content-type", "text/plain")).partition(";")[0], content.removesuffix(b"\r\n")
    raise Refused(400, "Error", "no file in the form", "InvalidRequest")


def _bytes(request: Request, stored: Stored) -> Response:
    headers = {"accept-ranges": "bytes", "etag": _etag(stored), "cache-control": "max-age=3600"}
    asked = request.headers.get("range")
    if asked and asked.startswith("bytes="):
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(stored.body) - int(last))
        end = min(int(last) if first and last else len(stored.body) - 1, len(stored.body) - 1)
        headers["content-range"] = f"bytes {start}-{end}/{len(stored.body)}"
        return Response(stored.body[start : end + 1], 206, headers, stored.mime)
    return Response(stored.body, 200, headers, stored.mime)


def _entry(name: str, stored: Stored | None) -> dict[str, object]:
    stamps = dict.fromkeys(("updated_at", "created_at", "last_accessed_at"), STAMP if stored else None)
    metadata = {"size": len(stored.body), "mimetype": stored.mime, "eTag": _etag(stored)} if stored else None
    return {"name": name, "id": stored.id if stored else None, "metadata": metadata, **stamps}


def _etag(stored: Stored) -> str:
    return f'"{hashlib.md5(stored.body).hexdigest()}"'


def _expires_in(asked: dict[str, object]) -> int:
    try:
        seconds = int(str(asked["expiresIn"]))
    except ValueError:
        raise Refused(400, "Error", "body/expiresIn must be integer", "InvalidRequest") from None
    if seconds < 1:
        raise Refused(400, "Error", "body/expiresIn must be >= 1", "InvalidRequest")
    return seconds


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _jwt(payload: dict[str, object]) -> str:
    signed = f"{_b64(json.dumps({'alg': 'HS256'}).encode())}.{_b64(json.dumps(payload).encode())}"
    return f"{signed}.{_b64(hmac.digest(JWT_SECRET, signed.encode(), 'sha256'))}"


def _payload(token: str | None) -> dict[str, object]:
    if not token:
        raise Refused(400, "Error", "querystring must have required property 'token'", "InvalidRequest")
    try:
        head, body, signature = token.split(".")
        if not hmac.compare_digest(_b64(hmac.digest(JWT_SECRET, f"{head}.{body}".encode(), "sha256")), signature):
            raise ValueError
        payload: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=="))
        return payload
    except ValueError:
        raise Refused(400, "InvalidJWT", "signature verification failed", "InvalidJWT") from None


@contextmanager
def running_standin() -> Iterator[StandIn]:
    """A stand-in, served on loopback."""
    standin = StandIn()
    with serving(standin.app):
        yield standin
