"""What the acceptance criteria ask of the database. Whatever is tried is tried in a transaction that is rolled back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import psycopg
from psycopg.errors import LockNotAvailable, UniqueViolation

from wa_pipeline.archive import media
from wa_pipeline.archive.migrations.files import MigrationFile

# The seed's own tables and columns, written out here so that a migration that loses one is noticed too.
SEED_TABLES = {
    "groups": "id wa_group_id name monitor last_seen_ts created_at",
    "media": "id sha256 mime bytes width height duration_s storage_path ocr_text asr_text meta created_at",
    "messages": "id wa_msg_id ts chat_id sender kind text media_id group_id parent_id raw created_at",
    "message_tags": "message_id tag",
    "block_groups": "wa_group_id reason created_at",
    "block_senders": "sender reason created_at",
    "block_keywords": "keyword created_at",
    "audit_log": "id kind at detail",
    "wa_sessions": "id status wa_number wa_name creds_json keys_json detail last_status_at created_at",
    "google_tokens": "id google_user_id email name picture_url access_token_enc refresh_token_enc expiry"
    " created_at updated_at",
    "runtime_flags": "key value updated_at",
}
SEED_INDEXES = {
    "groups_monitor_idx": "groups btree (monitor)",
    "groups_last_seen_ts_idx": "groups btree (last_seen_ts)",
    "groups_name_trgm_idx": "groups gin (name gin_trgm_ops)",
    "media_phash_idx": "media btree (((meta ->> 'phash'::text)))",
    "media_ocr_trgm": "media gin (ocr_text gin_trgm_ops)",
    "media_asr_trgm": "media gin (asr_text gin_trgm_ops)",
    "messages_chat_ts_idx": "messages btree (chat_id, ts DESC)",
    "messages_text_trgm": "messages gin (text gin_trgm_ops)",
    "messages_kind_idx": "messages btree (kind)",
    "messages_group_idx": "messages btree (group_id)",
    "messages_ts_idx": "messages btree (ts DESC)",
    "message_tags_tag_idx": "message_tags btree (tag)",
    "audit_log_at_desc_idx": "audit_log btree (at DESC)",
    "audit_log_kind_idx": "audit_log btree (kind)",
    "wa_sessions_status_idx": "wa_sessions btree (status)",
    "wa_sessions_last_status_at_idx": "wa_sessions btree (last_status_at DESC)",
    "google_tokens_email_idx": "google_tokens btree (email)",
}
EXTENSIONS = ("uuid-ossp", "pg_trgm")
LOCK_TRIES = 3


@contextmanager
def undone(conn: psycopg.Connection) -> Iterator[None]:
    """A transaction that leaves nothing behind, and never makes an import wait for it longer than two seconds."""
    with conn.transaction(force_rollback=True):
        conn.execute("set local lock_timeout = '2s'")
        yield


def run_twice(conn: psycopg.Connection, file: MigrationFile) -> None:
    """Run a migration file two times over on the live database, then roll back. Raises `psycopg.Error` as it comes.

    `create index if not exists` takes the table's lock before it looks, so a running import can be in the way: it is
    tried again a few times.
    """
    for left in range(LOCK_TRIES, 0, -1):
        try:
            with undone(conn):
                conn.execute(file.text.encode())
                conn.execute(file.text.encode())
            return
        except LockNotAvailable:
            if left == 1:
                raise


def extensions(conn: psycopg.Connection) -> dict[str, str]:
    """Name and version of each extension the archive needs and has."""
    rows = conn.execute(
        "select extname, extversion from pg_extension where extname = any(%s) order by extname", (list(EXTENSIONS),)
    ).fetchall()
    return {str(name): str(version) for name, version in rows}


def missing_parts(conn: psycopg.Connection) -> list[str]:
    """A few words for each table, column or index of the seed that is absent, differs or is invalid."""
    columns: dict[str, set[str]] = {}
    for table, column in conn.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'public'"
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    wrong = []
    for table, wanted in SEED_TABLES.items():
        if table not in columns:
            wrong.append(f"table {table} is missing")
        elif lost := set(wanted.split()) - columns[table]:
            wrong.append(f"table {table} lacks {', '.join(sorted(lost))}")
    found = {
        str(name): (f"{table} {_plain(definition)}", valid)
        for name, table, definition, valid in conn.execute(
            "select i.relname, t.relname, pg_get_indexdef(i.oid), x.indisvalid from pg_index x"
            " join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid"
            " where t.relnamespace = 'public'::regnamespace"
        ).fetchall()
    }
    for index, definition in SEED_INDEXES.items():
        if index not in found:
            wrong.append(f"index {index} is missing")
        elif found[index][0] != definition:
            wrong.append(f"index {index} is on {found[index][0]}")
        elif not found[index][1]:
            wrong.append(f"index {index} is invalid")
    return wrong


def _plain(definition: str) -> str:
    return re.sub(r"\w+\.(gin_trgm_ops)", r"\1", definition.partition(" USING ")[2])


def session_statuses(conn: psycopg.Connection) -> list[str]:
    """The status of each row of wa_sessions."""
    return [str(row[0]) for row in conn.execute("select status from public.wa_sessions").fetchall()]


def second_session(conn: psycopg.Connection) -> str | None:
    """Why a second session row is refused; None where the database would take it."""
    try:
        with undone(conn):
            conn.execute("insert into public.wa_sessions (status) values ('disconnected'), ('disconnected')")
    except UniqueViolation as error:
        return _refusal(error)
    return None


def duplicate_message(conn: psycopg.Connection) -> str | None:
    """Why the same wa_msg_id is refused a second time; None where the database takes it."""
    name = f"acceptance|{uuid4()}"
    try:
        with undone(conn):
            for _ in range(2):
                conn.execute(
                    "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind)"
                    " values (%s, now(), 'acceptance', 'acceptance', 'text')",
                    (name,),
                )
    except UniqueViolation as error:
        return _refusal(error)
    return None


def duplicate_media(conn: psycopg.Connection) -> str | None:
    """Why the same sha256 is refused a second time; None where the database takes it."""
    sha256 = _sha256()
    try:
        with undone(conn):
            for _ in range(2):
                conn.execute(
                    "insert into public.media (sha256, mime, bytes, storage_path) values (%s, 'text/plain', 0, %s)",
                    (sha256, f"wa-media/{sha256}/original.txt"),
                )
    except UniqueViolation as error:
        return _refusal(error)
    return None


def media_added_twice(conn: psycopg.Connection) -> tuple[UUID, UUID, int]:
    """The ids the archive's own insert gives for the same bytes two times over, and the rows there then are."""
    sha256 = _sha256()
    path = f"wa-media/{sha256}/original.txt"
    with undone(conn):
        first, second = (
            media.add(conn, media.NewMedia(sha256, "text/plain", 0, None, None, None, path, {}), ()) for _ in range(2)
        )
        row = conn.execute("select count(*) from public.media where sha256 = %s::bpchar", (sha256,)).fetchone()
    assert row is not None
    return first, second, int(row[0])


@dataclass(frozen=True)
class Monitored:
    """Groups by the monitor filter and by looking at every row, with one probe of each kind added."""

    queried: int
    wrong: list[str]


def monitored_groups(conn: psycopg.Connection) -> Monitored:
    """Ask for monitored groups through the index, and compare with the rows read one by one.

    Three probes are added first: one with monitor on, one with it off, one that says nothing, which must be off.
    """
    probe = f"acceptance-{uuid4()}"
    with undone(conn):
        conn.execute(
            "insert into public.groups (wa_group_id, name, monitor) values (%(p)s || '-on', %(p)s, true),"
            " (%(p)s || '-off', %(p)s, false)",
            {"p": probe},
        )
        conn.execute("insert into public.groups (wa_group_id, name) values (%(p)s || '-unsaid', %(p)s)", {"p": probe})
        everything = conn.execute("select wa_group_id, monitor from public.groups").fetchall()
        conn.execute("set local enable_seqscan = off")
        queried = conn.execute("select wa_group_id from public.groups where monitor = true").fetchall()
    expected = {group for group, monitor in everything if monitor}
    got = [group for (group,) in queried]
    wrong = [f"{group} is missing" for group in expected - set(got)]
    wrong += [f"{group} should not be there" for group in set(got) - expected]
    if f"{probe}-on" not in got or {f"{probe}-off", f"{probe}-unsaid"} & set(got):
        wrong.append("a group added just now is not where it belongs")
    return Monitored(len(got) - 1, wrong)


@dataclass(frozen=True)
class Sample:
    """A message that carries media, and the hash its file should have."""

    id: UUID
    chat_id: str
    ts: datetime
    sha256: str


def newest_message_with_media(conn: psycopg.Connection) -> Sample | None:
    """The newest message that carries media; None where none does."""
    row = conn.execute(
        "select m.id, m.chat_id, m.ts, d.sha256 from public.messages m join public.media d on d.id = m.media_id"
        " order by m.ts desc, m.id limit 1"
    ).fetchone()
    return Sample(*row) if row else None


def _sha256() -> str:
    return uuid4().hex + uuid4().hex


def _refusal(error: UniqueViolation) -> str:
    return f"{error.diag.message_primary} ({error.sqlstate})"
