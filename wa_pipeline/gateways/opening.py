"""The gateway the settings name."""

from __future__ import annotations

import base64

from wa_pipeline.gateways.evolution import Evolution
from wa_pipeline.gateways.gowa import Gowa
from wa_pipeline.gateways.http import Http
from wa_pipeline.gateways.interface import Gateway
from wa_pipeline.gateways.waha import Waha
from wa_pipeline.settings import Settings


def open_gateway(settings: Settings) -> Gateway | None:
    """A client of the gateway; None where WA_GATEWAY is none. Nothing is asked yet. Close it after use."""
    if settings.gateway == "none" or settings.gateway_url is None:
        return None
    address, seconds = settings.gateway_url, settings.gateway_seconds
    key = settings.gateway_key.get_secret_value() if settings.gateway_key else ""
    if settings.gateway == "waha":
        return Waha(Http(address, {"X-Api-Key": key} if key else {}, seconds=seconds), settings.gateway_session)
    if settings.gateway == "evolution":
        return Evolution(Http(address, {"apikey": key} if key else {}, seconds=seconds), settings.gateway_session)
    proof = {"Authorization": "Basic " + base64.b64encode(key.encode()).decode()} if key else {}
    # Several accounts on one GOWA are told apart by this header; one alone needs none.
    device = {} if settings.gateway_session == "default" else {"X-Device-Id": settings.gateway_session}
    return Gowa(Http(address, proof | device, seconds=seconds))
