"""wa_sessions: the one WhatsApp session, as events and the gateway tell of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from wa_pipeline.archive import audit

if TYPE_CHECKING:
    from wa_pipeline.sealing import Sealer

Status = Literal["connected", "connecting", "disconnected"]

# The unique index on a constant makes this the only row, whoever comes first; the lock puts writers in a row.
ENSURE = "insert into public.wa_sessions (status) values ('disconnected') on conflict do nothing"
LOCK = "select id, status, wa_number, detail, creds_json, last_status_at from public.wa_sessions limit 1 for update"
SAVE = """
update public.wa_sessions set status = %(status)s, last_status_at = greatest(%(at)s, last_status_at),
  detail = %(detail)s, wa_number = coalesce(%(number)s, wa_number), wa_name = coalesce(%(name)s, wa_name)
where id = %(id)s
"""
TELL = "update public.wa_sessions set detail = (detail - array['qr', 'expiresAt']) || %(detail)s where id = %(id)s"
NAME = """
update public.wa_sessions set wa_number = coalesce(wa_number, %(number)s), wa_name = coalesce(wa_name, %(name)s)
where id = %(id)s
"""
SEAL = "update public.wa_sessions set creds_json = %(creds)s, detail = %(detail)s where id = %(id)s"
# Of two states told for the same moment this order decides, whichever is told first.
_ORDER = {"disconnected": 0, "connecting": 1, "connected": 2}


def apply_status(
    conn: psycopg.Connection,
    *,
    status: Status,
    at: datetime,
    number: str | None = None,
    name: str | None = None,
    qr: str | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Bring the session to a status it came to at a time, in the caller's transaction; False where that is old news.

    A change leaves its audit row: connect, disconnect, or reconnect where it was connected before; a QR code that was
    not there leaves qr_generated.
    """
    session_id, before, known_number, detail, _ = _locked(conn)
    if not _is_news(detail, before, status, at):
        return False
    if known_number is not None and number is not None and number != known_number:
        detail.pop("connectedAt", None)
    shown = detail.get("qr")
    # A message and a code are about the state they came with.
    kept = {key: value for key, value in detail.items() if key not in ("message", "qr", "expiresAt")}
    if status == "connecting" and (code := qr or (shown if before == status else None)):
        until = expires_at.isoformat() if expires_at else detail.get("expiresAt") if code == shown else None
        kept |= {"qr": code} | ({"expiresAt": until} if until else {})
    was_connected = "connectedAt" in detail
    kept["statusAt"] = at.astimezone(UTC).isoformat()
    if status == "connected":
        kept["connectedAt"] = kept["statusAt"]
    conn.execute(
        SAVE,
        {"id": session_id, "status": status, "at": at, "detail": Jsonb(kept), "number": number, "name": name},
    )
    if status != before and status == "connected":
        audit.log(conn, "reconnect" if was_connected else "connect", {"at": at.isoformat()})
    if status != before and status == "disconnected":
        audit.log(conn, "disconnect", {"at": at.isoformat()})
    if qr and qr != shown and status == "connecting":
        audit.log(conn, "qr_generated", {"expires_at": expires_at.isoformat() if expires_at else None})
    return True


def tell(conn: psycopg.Connection, message: str) -> None:
    """Say beside the session why there is no QR code to scan; a code that was there is taken away."""
    session_id, *_ = _locked(conn)
    conn.execute(TELL, {"id": session_id, "detail": Jsonb({"message": message})})


def name(conn: psycopg.Connection, *, number: str | None, name: str | None) -> None:
    """Fill in whose session it is, where that is not known yet."""
    session_id, *_ = _locked(conn)
    conn.execute(NAME, {"id": session_id, "number": number, "name": name})


def keep_credentials(
    conn: psycopg.Connection, sealer: Sealer, credentials: Mapping[str, object], *, at: datetime
) -> bool:
    """Seal credentials that were told at a time into creds_json; parts told later replace those parts."""
    session_id, _, _, detail, sealed = _locked(conn)
    known = json.loads(sealer.open(sealed["sealed"])) if sealed.get("sealed") else {}
    told: dict[str, str] = detail.get("credsAt") or {}
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    fresh = {part: value for part, value in credentials.items() if told.get(part, "") <= moment}
    if not fresh:
        return False
    token = sealer.seal(json.dumps({**known, **fresh}))
    kept = {**detail, "credsAt": told | dict.fromkeys(fresh, moment)}
    conn.execute(SEAL, {"id": session_id, "creds": Jsonb({"sealed": token}), "detail": Jsonb(kept)})
    return True


def _locked(conn: psycopg.Connection) -> tuple[object, str, str | None, dict[str, Any], dict[str, str]]:
    """(id, status, number, detail, sealed credentials) of the one row, made where it is missing and locked."""
    conn.execute(ENSURE)
    row = conn.execute(LOCK).fetchone()
    assert row is not None
    detail = row[3] if isinstance(row[3], dict) else {}
    return row[0], str(row[1]), row[2], dict(detail), row[4] if isinstance(row[4], dict) else {}


def _is_news(detail: Mapping[str, object], before: str, status: str, at: datetime) -> bool:
    """Whether a status is later than what is known, or is that. A row that says no time takes any."""
    try:
        known = datetime.fromisoformat(str(detail.get("statusAt")))
        return (at, _ORDER[status]) >= (known, _ORDER[before])
    except (ValueError, TypeError):
        return True
