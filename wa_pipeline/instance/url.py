"""The one spelling of a PostgreSQL address that Dagster's storage works with."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from wa_pipeline.errors import BadDatabaseUrl

DRIVER = "postgresql+psycopg2://"


def dagster_url(url: str) -> str:
    """The same database as `url`, as `postgresql+psycopg2://…`.

    SQLAlchemy 2.1 takes a bare `postgresql://` to mean psycopg 3, whose server-side parameters dagster-postgres's
    `NOTIFY run_events, $1` cannot have: the UI would start and every event be lost. Takes `postgres://`,
    `postgresql://`, either with a driver, or a libpq keyword string; raises `BadDatabaseUrl` for anything else.
    """
    given = url.strip()
    scheme = re.match(r"postgres(?:ql)?(?:\+\w+)?://", given)
    if scheme:
        return DRIVER + given[scheme.end() :]
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(given).items() if value is not None}
    except ProgrammingError:
        raise BadDatabaseUrl from None
    if not parts:
        raise BadDatabaseUrl
    user, password = parts.pop("user", ""), parts.pop("password", "")
    account = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    database = quote(parts.pop("dbname", ""), safe="")
    host, port = parts.pop("host", ""), parts.pop("port", "")
    if host.startswith("/") or "," in host:
        parts["host"] = host
        host = ""
        if port:
            parts["port"] = port
            port = ""
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    query = f"?{urlencode(parts, quote_via=quote)}" if parts else ""
    return f"{DRIVER}{account}{'@' if account else ''}{place}/{database}{query}"


def libpq_url(url: str) -> str:
    """The same database as libpq and psycopg 3 write it. Takes what `dagster_url` takes."""
    return "postgresql://" + dagster_url(url).removeprefix(DRIVER)
