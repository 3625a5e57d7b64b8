"""Signed links of the local store: an HMAC over bucket, key and expiry, the same shape as Supabase's."""

from __future__ import annotations

import hashlib
import hmac
import re
import time

from wa_pipeline.errors import LinkRefused

_TOKEN = re.compile(r"(\d{1,12})\.([0-9a-f]{64})", re.ASCII)


def make_token(secret: str, bucket: str, key: str, expires: int) -> str:
    """`<expiry>.<hmac>` for one object; `expires` in epoch seconds."""
    return f"{expires}.{_mac(secret, bucket, key, expires)}"


def check_token(secret: str, bucket: str, key: str, token: str) -> int:
    """The expiry (epoch seconds) of a token made for this very object; else `LinkRefused`."""
    found = _TOKEN.fullmatch(token)
    if not found:
        raise LinkRefused(reason="its token is not one of ours")
    expires = int(found.group(1))
    if not hmac.compare_digest(_mac(secret, bucket, key, expires), found.group(2)):
        raise LinkRefused(reason="its signature does not match")
    if expires <= time.time():
        raise LinkRefused(reason="it has expired")
    return expires


def _mac(secret: str, bucket: str, key: str, expires: int) -> str:
    return hmac.new(secret.encode(), f"{bucket}/{key}\n{expires}".encode(), hashlib.sha256).hexdigest()
