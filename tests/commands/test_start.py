"""What cannot work is said at the start: one sentence, exit 1, no trace, no password and no key."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg.conninfo import conninfo_to_dict

from tests.commands.fixtures import everything
from tests.commands.shell import fails_with_one_sentence, wa
from tests.storage.standin import Bucket, StandIn, running_standin
from wa_pipeline.commands.opening import check_secrets
from wa_pipeline.embedded import running
from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context

CHAT = "24/03/2024, 09:15 - Ann: Good morning, gardeners\n"
PASSWORD = "hunter2-of-the-archive"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "WhatsApp Chat with Garden.txt"
    path.write_text(CHAT, encoding="utf-8")
    return path


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with running_standin() as server:
        yield server


@pytest.fixture
def closed_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_nobody_listens_at_the_database_address(wa_home: Path, closed_port: int) -> None:
    url = f"postgresql://me:{PASSWORD}@127.0.0.1:{closed_port}/archive"
    for command in (["search", "beans"], ["import", "--tz", "UTC", "x.zip"], ["migrate"], ["up"]):
        ended = wa(*command, DATABASE_URL=url)
        fails_with_one_sentence(ended, f"127.0.0.1:{closed_port}/archive", "refused", "DATABASE_URL")
        assert PASSWORD not in ended.err


def test_the_databases_host_does_not_exist(wa_home: Path) -> None:
    ended = wa("search", "beans", DATABASE_URL=f"postgresql://me:{PASSWORD}@no-such-host.invalid/archive")
    fails_with_one_sentence(ended, "no-such-host.invalid", "cannot be reached")
    assert PASSWORD not in ended.err


def test_the_database_does_not_exist(archive: Context) -> None:
    parts = conninfo_to_dict(archive.archive_url)
    ended = wa("search", "beans", DATABASE_URL=f"postgresql://postgres@127.0.0.1:{parts['port']}/no_such_archive")
    fails_with_one_sentence(ended, "no_such_archive", "does not exist")


def test_the_databases_password_is_wrong(wa_home: Path, tmp_path: Path) -> None:
    with running(Settings(home=tmp_path / "server")) as server:
        parts = conninfo_to_dict(server.archive_url)
        right = str(parts["password"])
        wrong = server.archive_url.replace(right, PASSWORD)
        for command in (["search", "beans"], ["doctor", "--json"]):
            ended = wa(*command, DATABASE_URL=wrong)
            assert ended.code == 1
            assert "password authentication failed" in ended.out + ended.err
            assert PASSWORD not in ended.out + ended.err
            assert right not in ended.out + ended.err


@pytest.mark.parametrize("url", ["archive", f"postgresql://me:{PASSWORD}@oh@127.0.0.1/archive", "mysql://127.0.0.1/x"])
def test_no_address_at_all(wa_home: Path, url: str) -> None:
    ended = wa("search", "beans", DATABASE_URL=url)
    fails_with_one_sentence(ended, "DATABASE_URL", "postgresql://user:password@host")
    assert PASSWORD not in ended.err


def test_a_database_without_the_schema_is_told_to_migrate(
    wa_home: Path, empty_database_url: str, export: Path, beside: None
) -> None:
    for command in (["search", "beans"], ["import", "--tz", "UTC", export], ["import", "--dry-run", export]):
        fails_with_one_sentence(wa(*command, DATABASE_URL=empty_database_url), "`wa migrate`")
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


def test_the_doctor_tells_all_the_rest_where_the_schema_is_not_there(
    wa_home: Path, empty_database_url: str, beside: None
) -> None:
    ended = wa("doctor", "--json", DATABASE_URL=empty_database_url)
    assert ended.code == 1
    found = {one["part"]: one for one in ended.json["findings"]}  # type: ignore[attr-defined]
    assert {part: found[part]["change"] for part in ("schema", "secrets", "scripts of chats")} == {
        "schema": "wa migrate", "secrets": "wa migrate", "scripts of chats": "wa migrate"
    }  # fmt: skip
    assert found["database"]["ok"]
    assert {"pictures", "speech"} <= set(found)


def test_a_database_older_than_the_program_is_told_to_migrate(archive: Context) -> None:
    with archive.connect() as conn:
        conn.execute("delete from wa_migrations where version = (select max(version) from wa_migrations)")
    fails_with_one_sentence(wa("search", "beans"), "`wa migrate`")


def test_a_database_newer_than_the_program_is_left_alone(archive: Context, export: Path) -> None:
    with archive.connect() as conn:
        conn.execute(
            "insert into wa_migrations (version, name, sha256, duration_ms)"
            " select '9000', 'of_next_year', sha256, 1 from wa_migrations limit 1"
        )
    before = everything(archive)
    for command in (["search", "beans"], ["import", "--tz", "UTC", export], ["migrate"], ["enrich"], ["up"]):
        fails_with_one_sentence(wa(*command), "9000", "update the program")
    assert everything(archive) == before


def test_a_wrong_supabase_key(archive: Context, standin: StandIn, export: Path) -> None:
    standin.buckets["wa-media"] = Bucket()
    key = "sb_secret_of_another_project"
    before = everything(archive)
    for command in (["import", "--tz", "UTC", export], ["enrich"]):
        ended = wa(*command, SUPABASE_URL=standin.url, SUPABASE_SECRET_KEY=key)
        fails_with_one_sentence(ended, standin.url.removeprefix("http://"), "SUPABASE_SECRET_KEY")
        assert key not in ended.err
    assert everything(archive) == before


def test_a_bucket_the_world_can_read(archive: Context, standin: StandIn, export: Path) -> None:
    standin.buckets["wa-media"] = Bucket(public=True)
    before = everything(archive)
    for command in (["import", "--tz", "UTC", export], ["enrich"]):
        ended = wa(*command, SUPABASE_URL=standin.url, SUPABASE_SECRET_KEY=standin.key)
        fails_with_one_sentence(ended, "wa-media", "public")
        assert standin.key not in ended.err
    assert everything(archive) == before
    assert standin.buckets["wa-media"].public


def test_no_bucket_yet(archive: Context, standin: StandIn, export: Path) -> None:
    ended = wa("import", "--tz", "UTC", export, SUPABASE_URL=standin.url, SUPABASE_SECRET_KEY=standin.key)
    fails_with_one_sentence(ended, "wa-media", "`wa migrate`")


def test_supabase_without_its_key(archive: Context, export: Path) -> None:
    ended = wa("import", "--tz", "UTC", export, SUPABASE_URL="https://example.supabase.co")
    fails_with_one_sentence(ended, "SUPABASE_SECRET_KEY")


def test_sealed_rows_without_their_key(archive: Context, export: Path) -> None:
    theirs, ours = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with archive.connect() as conn:
        conn.execute(
            "insert into google_tokens (google_user_id, email, access_token_enc, refresh_token_enc)"
            " values ('1', 'ann@example.org', %s, %s)",
            [Fernet(theirs.encode()).encrypt(word).decode() for word in (b"one", b"two")],
        )
    before = everything(archive)
    for command in (["import", "--tz", "UTC", export], ["enrich"], ["retry"], ["console", "--port", "8499"], ["up"]):
        ended = wa(*command, WA_SECRET_KEYS=ours)
        fails_with_one_sentence(ended, "google_tokens", "WA_SECRET_KEYS")
        assert ours not in ended.err
    assert everything(archive) == before
    assert wa("search", "beans", WA_SECRET_KEYS=ours).code == 0
    check_secrets(Context(Settings(secret_keys=f"{ours},{theirs}"), archive.archive_url, ""))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGNED_URL_TTL_DAYS", "0"),
        ("SIGNED_URL_TTL_DAYS", "-1"),
        ("SIGNED_URL_TTL_DAYS", "inf"),
        ("SIGNED_URL_TTL_DAYS", "a week"),
        ("WA_CONSOLE_PORT", "70000"),
        ("WA_EXPORT_TZ", "Mars/Olympus"),
        ("WA_PG", "mysql"),
    ],
)
def test_a_setting_out_of_range(wa_home: Path, name: str, value: str) -> None:
    fails_with_one_sentence(wa("search", "beans", **{name: value}), name, repr(value))


def test_a_home_that_is_a_file(tmp_path: Path, wa_home: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ended = wa("search", "beans", WA_HOME=str(file))
    fails_with_one_sentence(ended, str(file))
