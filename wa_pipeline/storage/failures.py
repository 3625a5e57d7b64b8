"""What goes wrong between us and Supabase Storage, each as one `StoreError` that says what to do.

Storage answers nearly every error with HTTP 400; the real status is the string `statusCode` in the body. A gateway in
front of it answers with its own status and perhaps no JSON at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import httpx
from storage3.exceptions import StorageApiError

from wa_pipeline.errors import (
    BucketMissing,
    ObjectMissing,
    ObjectRefused,
    StoreError,
    StoreOverQuota,
    StoreUnauthorized,
    StoreUnavailable,
    StoreUnreachable,
)

MAX_REASON = 160
MAX_RETRY_AFTER_S = 20.0


@dataclass(frozen=True)
class Refusal:
    """An error answer of Storage: the status it means, its name, its words, how long it asks us to wait."""

    status: int
    name: str
    message: str
    retry_after_s: float = 0.0


@dataclass(frozen=True)
class Place:
    """Where a call went, for the sentence; `secret` never appears in one."""

    where: str
    bucket: str
    key: str
    secret: str

    def plain(self, text: str) -> str:
        """The text on one line, without markup, short, and without our key."""
        text = re.sub(r"<[^>]*>", " ", text).replace(self.secret, "…")
        text = " ".join(text.split())
        return text if len(text) <= MAX_REASON else text[:MAX_REASON] + "…"


def refusal_of(error: StorageApiError) -> Refusal:
    """The refusal in an exception of storage3."""
    cause = error.__cause__
    while cause is not None and not isinstance(cause, httpx.HTTPStatusError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        return refusal_in(cause.response.status_code, cause.response.headers, cause.response.content)
    return Refusal(_number(error.status), error.code, error.message)


def refusal_in(http_status: int, headers: httpx.Headers, body: bytes) -> Refusal:
    """The refusal in an HTTP answer."""
    wait = min(_number(headers.get("retry-after", "0"), 0), MAX_RETRY_AFTER_S)
    try:
        said = json.loads(body)
        message = str(said.get("message") or said.get("msg") or said.get("error") or "")
        return Refusal(
            _number(said.get("statusCode"), http_status),
            str(said.get("error", "")),
            message,
            wait,
        )
    except (ValueError, AttributeError):
        return Refusal(http_status, "", body[:2000].decode("utf-8", "replace"), wait)


def store_error(refusal: Refusal, place: Place) -> StoreError:
    """The one sentence for a refusal."""
    where, bucket, key = place.where, place.bucket, place.key
    said = place.plain(refusal.message) or "no reason given"
    status, name = refusal.status, refusal.name.casefold()
    if status in (401, 403):
        return StoreUnauthorized(where=where, reason=said)
    if status == 402:
        return StoreOverQuota(where=where)
    if status == 404 and name == "bucket not found":
        return BucketMissing(where=where, bucket=bucket)
    if status == 404 and name == "not_found" and key:
        return ObjectMissing(key=key)
    if status in (413, 415):
        return ObjectRefused(key=key, bucket=bucket, reason=said)
    if status == 429 or status >= 500:
        return StoreUnavailable(where=where, reason=f"it answered {status}: {said}")
    return StoreError(reason=f"{where} answered {status}: {said}")


def transport_error(error: httpx.HTTPError, place: Place) -> StoreError:
    """The one sentence for a connection that failed or broke off."""
    said = place.plain(str(error)) or type(error).__name__
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return StoreError(reason=f"a request to {place.where} cannot be made: {said}")
    if isinstance(error, httpx.TimeoutException):
        said = "no answer in time"
    return StoreUnreachable(where=place.where, reason=said)


def not_storage(place: Place) -> StoreError:
    """The one sentence for an answer that makes no sense, such as a portal's login page."""
    return StoreUnavailable(where=place.where, reason="its answer is not that of Supabase Storage")


def _number(value: object, default: int = 500) -> int:
    try:
        return int(str(value))
    except ValueError:
        return default
