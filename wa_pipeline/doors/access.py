"""Who may deliver: a signature where the gateway signs, else a secret in a header; nobody where no secret is set."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from wa_pipeline.settings import Settings

# Header, hash and prefix of the signature over the raw body, as the gateways' documents say.
_SIGNED: Final = {
    "waha": ("x-webhook-hmac", hashlib.sha512, ""),
    "gowa": ("x-hub-signature-256", hashlib.sha256, "sha256="),
}
PLAIN: Final = "x-webhook-secret"


def secret_of(settings: Settings, source: str) -> str | None:
    """The source's secret, None where it is not set."""
    found = settings.webhook_secret(source)
    return found.get_secret_value() if found and found.get_secret_value() else None


def may_be_known(source: str, secret: str, headers: Mapping[str, str]) -> bool:
    """Whether it is worth reading the body: a signature can only be judged with it, a plain secret without."""
    if source in _SIGNED and headers.get(_SIGNED[source][0]) is not None:
        return True
    return _knows(secret, headers)


def may_deliver(source: str, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the delivery proves that its sender knows the secret."""
    if source in _SIGNED:
        header, algorithm, prefix = _SIGNED[source]
        given = headers.get(header)
        if given is not None:
            wanted = prefix + hmac.new(secret.encode(), body, algorithm).hexdigest()
            return hmac.compare_digest(given.strip().lower().encode(), wanted.encode())
    return _knows(secret, headers)


def _knows(secret: str, headers: Mapping[str, str]) -> bool:
    given = headers.get(PLAIN)
    return given is not None and hmac.compare_digest(given.encode(), secret.encode())
