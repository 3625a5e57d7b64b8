"""Payloads of every source to events of one model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wa_pipeline.whatsapp.baileys import normalise_baileys
from wa_pipeline.whatsapp.events import Normalised, Unreadable
from wa_pipeline.whatsapp.evolution import normalise_evolution

_READERS: Final[dict[str, Callable[[object], Normalised]]] = {
    "baileys": normalise_baileys,
    "evolution": normalise_evolution,
}
SOURCES: Final = tuple(_READERS)
GATEWAYS: Final = ("baileys", "waha", "evolution", "gowa")
"""Whose deliveries are taken; those of a source without a reader wait as dead letters until there is one."""


def normalise(source: str, payload: object) -> Normalised:
    """What one payload says: a webhook's body or an NDJSON line, parsed from JSON.

    Raises `Unreadable`, and nothing else, where the payload cannot be interpreted at all.
    """
    reader = _READERS.get(source)
    if reader is None:
        raise Unreadable("there is no reader for this source")
    try:
        return reader(payload)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None


def event_id(source: str, payload: object) -> str | None:
    """The source's own id of the delivery, where it gives one; None where the content decides."""
    if source == "waha" and isinstance(payload, dict) and isinstance(payload.get("id"), str):
        return payload["id"][:200] or None
    return None
