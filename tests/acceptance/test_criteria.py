"""Every criterion passes on a sound archive, and fails on one where its promise is broken."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from wa_pipeline.archive.acceptance import SEED_TABLES
from wa_pipeline.console.selfcheck import console_app
from wa_pipeline.steps.acceptance import EXTRA, Criterion, Verdict, accept, criteria
from wa_pipeline.steps.acceptance.criteria import judge
from wa_pipeline.steps.context import Context
from wa_pipeline.storage import object_key, storage_path

ALL = {each.id: each for each in (*criteria(console_app), *EXTRA)}
CONTENT = b"a picture of beans"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def with_media(ctx: Context, tmp_path: Path) -> Context:
    """An archive in which one message carries media, and one delivery was interpreted."""
    file = tmp_path / "beans.png"
    file.write_bytes(CONTENT)
    key = object_key(SHA256, "png")
    ctx.store.put(key, file, mime="image/png")
    with ctx.connect() as conn:
        conn.execute(
            "with file as (insert into public.media (sha256, mime, bytes, storage_path)"
            " values (%s, 'image/png', %s, %s) returning id)"
            " insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, media_id)"
            " select 'a|1', '2024-03-21T18:03:00Z', 'a@g.us', 'Ines', 'image', id from file",
            (SHA256, len(CONTENT), storage_path(key)),
        )
        conn.execute(
            "insert into public.wa_inbox (source, source_event_id, payload, state)"
            " values ('baileys', '1', '{\"mediaKey\": null}', 'done')"
        )
    return ctx


def _verdict(ctx: Context, name: str) -> Verdict:
    return judge(ALL[name], ctx)


def test_a_sound_archive_passes_nine_of_nine(with_media: Context) -> None:
    before = _rows(with_media)
    result = accept(with_media, console_app)
    assert [(each.criterion.id, each.verdict) for each in result.outcomes if each.verdict.ok is not True] == []
    assert (result.passed, result.total) == (9, 9)
    assert _rows(with_media) == before


def test_without_media_the_last_one_has_nothing_to_judge(ctx: Context) -> None:
    result = accept(ctx, console_app)
    assert (result.passed, result.total) == (8, 9)
    assert result.outcomes[-1].verdict.ok is None
    told = result.as_dict()["checks"]
    assert isinstance(told, list)
    assert told[-1] == {"id": "api_signed_url", "ok": None, "evidence": "no message carries media yet"}


@pytest.mark.parametrize("extra", EXTRA, ids=lambda each: each.id)
def test_the_other_promises_hold_too(with_media: Context, extra: Criterion) -> None:
    verdict = judge(extra, with_media)
    assert verdict.ok is True, verdict.evidence


BREAKS = {
    "init_runs_twice": "alter table public.messages drop column text cascade",
    "extensions_exist": 'drop extension "pg_trgm" cascade',
    "tables_and_indexes": "drop index public.messages_text_trgm",
    "one_session_row": "drop index public.wa_sessions_single_row_idx",
    "duplicate_wa_msg_id": "alter table public.messages drop constraint messages_wa_msg_id_key",
    "duplicate_sha256": "alter table public.media drop constraint media_sha256_key",
    "monitored_groups": "alter table public.groups alter column monitor set default true",
    "plan_chat_newest": "drop index public.messages_chat_ts_idx, public.messages_chat_ts_id_idx",
    "plan_kind_newest": "drop index public.messages_kind_ts_idx",
    "schema_verified": "alter table public.media alter column mime drop not null",
    "sealed_rows_open": "insert into public.google_tokens (google_user_id, email, access_token_enc)"
    " values ('1', 'a@b.example', 'in the clear')",
    "inbox_interpreted": "insert into public.wa_inbox (source, source_event_id, payload, received_at)"
    " values ('baileys', '2', '{}', now() - interval '20 minutes')",
    "no_secret_kept": "insert into public.wa_inbox (source, source_event_id, payload, state)"
    """ values ('waha', '2', '{"payload": {"mediaKey" : "c2VjcmV0"}}', 'done')""",
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_promise_is_noticed(with_media: Context, name: str) -> None:
    with with_media.connect() as conn:
        conn.execute(BREAKS[name].encode())
    verdict = _verdict(with_media, name)
    assert verdict.ok is False, verdict.evidence


@pytest.mark.parametrize(
    ("ddl", "evidence"),
    [
        ("drop table public.message_tags", "table message_tags is missing"),
        ("alter table public.media drop column duration_s", "table media lacks duration_s"),
        (
            "drop index public.messages_kind_idx; create index messages_kind_idx on public.messages (sender)",
            "index messages_kind_idx is on messages btree (sender)",
        ),
    ],
)
def test_missing_parts_are_named(ctx: Context, ddl: str, evidence: str) -> None:
    with ctx.connect() as conn:
        conn.execute(ddl.encode())
    assert evidence in _verdict(ctx, "tables_and_indexes").evidence


def test_two_session_rows_are_noticed(ctx: Context) -> None:
    with ctx.connect() as conn:
        conn.execute("drop index public.wa_sessions_single_row_idx")
        conn.execute("insert into public.wa_sessions (status) values ('connected')")
    verdict = _verdict(ctx, "one_session_row")
    assert (verdict.ok, verdict.evidence[:7]) == (False, "2 rows:")


def test_a_missing_bucket_is_noticed(ctx: Context) -> None:
    bucket = ctx.settings.home / "media" / "wa-media"
    bucket.rename(bucket.with_name("elsewhere"))
    assert _verdict(ctx, "bucket_private").ok is False


def _lose(path: Path) -> None:
    path.unlink()


def _swap(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(b"x" * len(CONTENT))


@pytest.mark.parametrize("harm", [_lose, _swap])
def test_a_signed_link_that_does_not_give_the_bytes_is_noticed(
    with_media: Context, harm: Callable[[Path], None]
) -> None:
    harm(with_media.settings.home / "media" / "wa-media" / object_key(SHA256, "png"))
    assert _verdict(with_media, "api_signed_url").ok is False


def test_a_busy_archive_is_no_failure(with_media: Context) -> None:
    """An import holds the tables for a moment; that says nothing about the schema."""
    with psycopg.connect(with_media.archive_url) as busy:
        busy.execute("lock table public.messages in row exclusive mode")
        verdict = _verdict(with_media, "init_runs_twice")
    assert verdict.ok is None


def _rows(ctx: Context) -> dict[str, int]:
    with ctx.connect() as conn:
        return {
            table: conn.execute(f"select count(*) from public.{table}".encode()).fetchone()[0]  # type: ignore[index]
            for table in SEED_TABLES
        }
