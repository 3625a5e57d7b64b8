"""Which groups there are: asked of the gateway in one go, or put together from what is known already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from wa_pipeline.archive import audit, discovery, flags
from wa_pipeline.archive.discovery import Seen
from wa_pipeline.archive.grants import as_discovery
from wa_pipeline.archive.groups import SAMPLE
from wa_pipeline.errors import WaError
from wa_pipeline.gateways import open_gateway
from wa_pipeline.steps.context import Context


@dataclass(frozen=True)
class DiscoveryReport:
    """`total`: groups on the list = new + renamed + named + unchanged + blocked. `named`: rows that bore only their JID
    before. `gateway`: who was asked. `handled`: whether the request was still the one that is open."""

    new: int
    renamed: int
    named: int
    unchanged: int
    blocked: int
    total: int
    gateway: str
    handled: bool = False


def discover(ctx: Context, *, requested_at: str | None = None) -> DiscoveryReport:
    """Learn the groups and their names; repeating it changes nothing. It never touches `monitor` or `last_seen_ts`.

    `requested_at`: the time of the request in runtime_flags this serves; it is acknowledged in the transaction that
    holds the groups. Raises `GatewayError`; the request then stays open with the reason beside it.
    """
    try:
        kind, seen = _listed(ctx)
    except WaError as error:
        if requested_at is not None:
            with ctx.connect() as conn:
                flags.failed(conn, flags.FETCH_GROUPS, requested_at, str(error))
        raise
    with ctx.connect() as conn, conn.transaction():
        with as_discovery(conn):
            found = discovery.write_down(conn, seen, kind)
            counts = {**vars(found), "total": sum(vars(found).values())}
            audit.log(conn, "discovery", {"gateway": kind, **counts})
        handled = requested_at is not None and flags.handled(conn, flags.FETCH_GROUPS, requested_at)
    return DiscoveryReport(**counts, gateway=kind, handled=handled)


def _listed(ctx: Context) -> tuple[str, list[Seen]]:
    """Who was asked, and the groups. A name told without its time holds from the moment of asking."""
    asked = datetime.now(UTC)
    gateway = open_gateway(ctx.settings)
    if gateway is None:
        with ctx.connect() as conn:
            known = discovery.heard_of(conn, SAMPLE)
        return "none", [Seen(jid, name, asked) for jid, name in known]
    try:
        groups = gateway.groups()
    finally:
        gateway.close()
    return gateway.kind, [Seen(group.jid, _clean(group.name), min(group.named_at or asked, asked)) for group in groups]


def _clean(name: str | None) -> str | None:
    """A name the database can hold; one of nothing but spaces is none."""
    from wa_pipeline.whatsapp.sane import sane

    return sane(name) if name and name.strip() else None
