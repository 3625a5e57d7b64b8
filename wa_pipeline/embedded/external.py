"""A database somebody else runs, named by DATABASE_URL: Supabase, a server at home, a container."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from wa_pipeline.errors import BadDatabaseUrl, DagsterDatabaseMissing, DatabaseUnreachable, PostgresTooOld, WaError

OLDEST = 15
DAGSTER_DATABASE = "wa_dagster"
# What other programs' libraries (Prisma, SQLAlchemy) put into such addresses, and libpq refuses.
FOREIGN_OPTIONS = ("pgbouncer", "connection_limit", "pool_timeout", "schema")


@dataclass(frozen=True)
class External:
    """A reachable database and where Dagster keeps its own tables."""

    archive_url: str
    dagster_url: str
    version: int
    dagster_trouble: WaError | None


def reach(url: str, dagster_url: str | None) -> External:
    """Connects once: is it there, is it recent enough, has it a database for Dagster (made if it may be).

    Raises `BadDatabaseUrl`, `DatabaseUnreachable` or `PostgresTooOld`; none of them ever shows a password.
    """
    archive = normalise(url)
    try:
        with psycopg.connect(archive, autocommit=True, connect_timeout=10, prepare_threshold=None) as conn:
            version = conn.info.server_version // 10000
            if version < OLDEST:
                raise PostgresTooOld(where=place(archive), version=version)
            if dagster_url:
                return External(archive, dagster_url, version, None)
            return External(archive, _with_database(archive, DAGSTER_DATABASE), version, _make_room(conn, archive))
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(where=place(archive), reason=_reason(error, archive)) from None


def normalise(url: str) -> str:
    """DATABASE_URL as `postgresql://…`: driver suffixes and foreign options removed, TLS asked for beyond this machine.

    Accepts what people paste: `postgres://`, `postgresql+psycopg2://`, `host=… dbname=…`. Raises `BadDatabaseUrl`.
    """
    text = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url.strip())
    text = re.sub(rf"(?<=[?&])({'|'.join(FOREIGN_OPTIONS)})=[^&]*&?", "", text).rstrip("?&")
    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(text).items() if value is not None}
    except psycopg.ProgrammingError:
        # libpq's own message repeats the part it stumbled over, which is often a password with a special character.
        raise BadDatabaseUrl from None
    if not parts or "[YOUR-PASSWORD]" in url or _is_misread(text, parts):
        raise BadDatabaseUrl
    if "sslmode" not in parts and not _is_this_machine(parts.get("host", "")):
        parts["sslmode"] = "require"
    return _as_url(parts)


def place(url: str) -> str:
    """`host:port/name` of an address, for messages."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


def _is_misread(text: str, parts: dict[str, str]) -> bool:
    """Whether an unescaped / or @ in the password made libpq take a part of it for host, port or name."""
    host, port = parts.get("host", ""), parts.get("port", "")
    path = text.partition("://")[2].partition("?")[0].partition("/")[2]
    return "@" in path or "@" in host or not re.fullmatch(r"[\d,]*", port)


def _as_url(parts: dict[str, str]) -> str:
    rest = {key: value for key, value in parts.items() if key not in ("user", "password", "host", "port", "dbname")}
    user, password = quote(parts.get("user", ""), safe=""), quote(parts.get("password", ""), safe="")
    login = f"{user}:{password}@" if password else f"{user}@" if user else ""
    host = parts.get("host", "")
    if host.startswith("/") or "," in host:
        # A socket's directory or several hosts fit only among the options.
        rest |= {"host": host} | ({"port": parts["port"]} if "port" in parts else {})
        server = ""
    else:
        server = f"[{host}]" if ":" in host else host
        server += f":{parts['port']}" if "port" in parts else ""
    query = f"?{urlencode(rest, quote_via=quote)}" if rest else ""
    return f"postgresql://{login}{server}/{quote(parts.get('dbname', ''), safe='')}{query}"


def _with_database(url: str, name: str) -> str:
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    return _as_url(parts | {"dbname": name})


def _is_this_machine(host: str) -> bool:
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _make_room(conn: psycopg.Connection, url: str) -> WaError | None:
    """Creates Dagster's database where it is absent; the error to show later when that is not allowed."""
    try:
        if conn.execute("select 1 from pg_database where datname = %s", [DAGSTER_DATABASE]).fetchone() is None:
            conn.execute(sql.SQL("create database {}").format(sql.Identifier(DAGSTER_DATABASE)))
    except psycopg.errors.DuplicateDatabase:
        return None
    except psycopg.Error as error:
        return DagsterDatabaseMissing(name=DAGSTER_DATABASE, where=place(url), reason=_reason(error, url))
    return None


def _reason(error: psycopg.Error, url: str) -> str:
    """The telling line of a libpq message, without the password."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = next((line for line in lines if "failed:" in line or "error:" in line.lower()), lines[0] if lines else "")
    reason = re.sub(r"^.*?(failed|error):\s*", "", telling, flags=re.IGNORECASE)
    reason = re.sub(r"^.*?(FATAL|ERROR):\s*", "", reason).rstrip(". ") or type(error).__name__
    password = conninfo_to_dict(url).get("password")
    if password:
        reason = reason.replace(str(password), "•••")
    if "does not support SSL" in reason:
        reason += " (add ?sslmode=disable to the address if the network in between is your own)"
    return reason
