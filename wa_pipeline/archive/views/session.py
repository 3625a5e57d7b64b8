"""The WhatsApp session as people may see it: its state and the QR code to scan, never its credentials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

SESSION = """
select status, wa_number, wa_name, last_status_at, detail->>'qr', detail->>'expiresAt' from public.wa_sessions limit 1
"""


@dataclass(frozen=True)
class SessionView:
    """`qr`: the words a QR code stands for, or a picture of it as a data URL. `expires_at`: None where nobody said."""

    status: str
    wa_number: str | None
    wa_name: str | None
    last_status_at: datetime
    qr: str | None
    expires_at: datetime | None

    def qr_valid(self, now: datetime) -> bool:
        return bool(self.qr) and (self.expires_at is None or self.expires_at > now)


def session(conn: psycopg.Connection) -> SessionView | None:
    """The one session; None where the row is missing."""
    row = conn.execute(SESSION).fetchone()
    return SessionView(*(*row[:5], _time(row[5]))) if row else None


def _time(text: str | None) -> datetime | None:
    """Workers write RFC 3339, or seconds or milliseconds since 1970."""
    if not text:
        return None
    try:
        if text.replace(".", "", 1).isdigit():
            number = float(text)
            return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


__all__ = ["SessionView", "session"]
