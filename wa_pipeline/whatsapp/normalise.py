"""Payloads of every source to events of one model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wa_pipeline.whatsapp.baileys import normalise_baileys
from wa_pipeline.whatsapp.events import Normalised, Unreadable
from wa_pipeline.whatsapp.evolution import normalise_evolution
from wa_pipeline.whatsapp.gowa import normalise_gowa
from wa_pipeline.whatsapp.sane import sane
from wa_pipeline.whatsapp.waha import normalise_waha

_READERS: Final[dict[str, Callable[[object], Normalised]]] = {
    "baileys": normalise_baileys,
    "waha": normalise_waha,
    "evolution": normalise_evolution,
    "gowa": normalise_gowa,
}
SOURCES: Final = tuple(_READERS)
"""Whose deliveries are taken and read."""


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
    """The source's own id of the delivery, where it gives one that a database can hold; None: the content decides."""
    if source != "waha" or not isinstance(payload, dict):
        return None
    own = payload.get("id")
    return own[:200] if isinstance(own, str) and own and own == sane(own) else None
