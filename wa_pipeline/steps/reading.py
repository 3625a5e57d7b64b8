"""What deliveries say, read before the archive is asked anything."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from wa_pipeline.archive.inbox import Delivery, Settled
from wa_pipeline.whatsapp.events import Event, Skip, Unreadable
from wa_pipeline.whatsapp.normalise import normalise
from wa_pipeline.whatsapp.sane import parsed

UNREADABLE_JSON = "the payload is no JSON document that can be read"


@dataclass(slots=True)
class Reading:
    """A delivery, what it says, and what is to become of it."""

    delivery: Delivery
    settled: Settled
    events: tuple[Event, ...] = ()
    skips: tuple[Skip, ...] = ()
    accepted: list[Event] = field(default_factory=list)
    """Those of the events that the scope lets in."""


def read_all(deliveries: Iterable[Delivery]) -> list[Reading]:
    """Each delivery read; one that cannot be is settled as dead and stops no other."""
    return [_read(delivery) for delivery in deliveries]


def _read(delivery: Delivery) -> Reading:
    reading = Reading(delivery, Settled(delivery.id))
    settled = reading.settled
    try:
        said = normalise(delivery.source, parsed(delivery.payload))
    except Unreadable as error:
        settled.state, settled.error = "dead", str(error)
        return reading
    except (ValueError, RecursionError):
        settled.state, settled.error = "dead", UNREADABLE_JSON
        return reading
    reading.events, reading.skips = tuple(said.events), tuple(said.skips)
    if said.clean is not None:
        settled.payload = json.dumps(said.clean, ensure_ascii=True)
    if not reading.events:
        settled.state = "skipped"
        settled.reason = said.skips[0].reason if said.skips else "nothing in it"
    return reading
