"""The WhatsApp session: what events say of it, and a QR code when somebody asks for one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from wa_pipeline.archive import flags, session
from wa_pipeline.errors import GatewayHasNoQr, WaError
from wa_pipeline.gateways import Gateway, Qr, SessionState, open_gateway
from wa_pipeline.steps.context import Context
from wa_pipeline.whatsapp.events import Event

NO_GATEWAY = "No gateway is set, so there is nobody to ask for a QR code: set WA_GATEWAY and WA_GATEWAY_URL."
CONNECTED = "The session is connected; there is nothing to scan."


@dataclass(frozen=True)
class SessionReport:
    """`generated`: a QR code was shown. `message`: why none was. `handled`: whether the request was still open."""

    gateway: str
    status: str | None
    generated: bool
    message: str | None = None
    handled: bool = False


def refresh_qr(ctx: Context, *, requested_at: str | None = None) -> SessionReport:
    """Ask the gateway for its QR code and show it in wa_sessions.detail as {qr, expiresAt}.

    A gateway that has none, a session that needs none and no gateway at all are told as detail.message. The request
    of `requested_at` is acknowledged in the same transaction. Raises `GatewayError`; the request then stays open with
    the reason beside it.
    """
    try:
        found = _asked(ctx)
    except WaError as error:
        if requested_at is not None:
            with ctx.connect() as conn:
                flags.failed(conn, flags.REFRESH_QR, requested_at, str(error))
        raise
    with ctx.connect() as conn, conn.transaction():
        if found.state is not None:
            session.apply_status(
                conn,
                status=found.state.status,
                at=datetime.now(UTC),
                number=found.state.number,
                name=found.state.name,
                qr=found.qr.code if found.qr else None,
                expires_at=found.qr.expires_at if found.qr else None,
            )
        if found.message is not None:
            session.tell(conn, found.message)
        handled = requested_at is not None and flags.handled(conn, flags.REFRESH_QR, requested_at)
    status = found.state.status if found.state else None
    return SessionReport(found.gateway, status, found.qr is not None, found.message, handled)


@dataclass(frozen=True)
class _Found:
    gateway: str
    state: SessionState | None = None
    qr: Qr | None = None
    message: str | None = None


def _asked(ctx: Context) -> _Found:
    gateway = open_gateway(ctx.settings)
    if gateway is None:
        return _Found("none", message=NO_GATEWAY)
    try:
        return _ask(gateway)
    finally:
        gateway.close()


def _ask(gateway: Gateway) -> _Found:
    state = gateway.session()
    if state.status == "connected":
        return _Found(gateway.kind, state, message=CONNECTED)
    try:
        code = gateway.qr()
    except GatewayHasNoQr as error:
        return _Found(gateway.kind, state, message=str(error))
    # Whoever shows a code waits for it to be scanned, whatever it said a moment before.
    return _Found(gateway.kind, state._replace(status="connecting"), code)


def apply_sessions(conn: psycopg.Connection, ctx: Context, told: Iterable[tuple[Event, datetime]]) -> None:
    """Apply what events say of the session, each with its arrival, which stands for the time where it says none."""
    for event, received_at in told:
        if event.event != "session":
            continue
        at = event.ts or received_at
        number, name, code = (_text(event.raw.get(part)) for part in ("number", "name", "qr"))
        if event.status is not None:
            session.apply_status(conn, status=event.status, at=at, number=number, name=name, qr=code)
        elif number or name:
            session.name(conn, number=number, name=name)
        if event.credentials is not None:
            session.keep_credentials(conn, ctx.sealer, event.credentials, at=at)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
