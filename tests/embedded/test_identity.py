"""PostgreSQL refuses root. Whoever starts it, wherever the home lies: it runs, and its data is in the home."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.embedded.conftest import KINDS, end_servers
from tests.embedded.user import User
from wa_pipeline.embedded import identity, process, running
from wa_pipeline.settings import Settings

StartUser = Callable[..., User]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has an identity to leave behind")


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder every user can walk to; pytest's own are closed to others."""
    place = Path(tempfile.mkdtemp(prefix="wa-test-home-"))
    place.chmod(0o755)
    yield place
    end_servers(place / "wa home")
    shutil.rmtree(place)


def home_in(place: Path, kind: str) -> Settings:
    return Settings(_env_file=None, WA_HOME=place / "wa home", WA_PG=kind)


def owner_of_server(settings: Settings) -> tuple[int, int]:
    """Whose the data is, and the real user of the process."""
    (data,) = (settings.home / "pg").glob("*-*/data")
    running_one = process.read_postmaster(data)
    assert running_one is not None
    return data.stat().st_uid, Path(f"/proc/{running_one.pid}").stat().st_uid


def works(settings: Settings) -> None:
    with running(settings) as server, psycopg.connect(server.archive_url) as conn:
        conn.execute("create table if not exists kept as select 1 as number")
        assert conn.execute("select number from kept").fetchone() == (1,)


@as_root
@pytest.mark.parametrize("kind", KINDS)
def test_root_drops_to_an_ordinary_user(open_place: Path, kind: str) -> None:
    settings = home_in(open_place, kind)
    with running(settings):
        data_owner, process_owner = owner_of_server(settings)
        assert data_owner != 0
        assert process_owner == data_owner


@as_root
@pytest.mark.parametrize("kind", KINDS)
def test_root_with_a_closed_home_uses_a_namespace(open_place: Path, kind: str) -> None:
    closed = open_place / "closed"
    closed.mkdir(mode=0o700)
    settings = home_in(closed, kind)
    with running(settings) as server, psycopg.connect(server.archive_url) as conn:
        data_owner, _ = owner_of_server(settings)
        assert data_owner == 0
        conn.execute("create table kept as select 1 as number")
    works(settings)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    end_servers(settings.home)


@as_root
@pytest.mark.parametrize("kind", KINDS)
def test_root_with_a_closed_home_and_no_namespaces_keeps_one_capability(
    open_place: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = identity._identities_for_root
    monkeypatch.setattr(
        identity, "_identities_for_root", lambda owner: [each for each in every(owner) if each.mode != "namespace"]
    )
    closed = open_place / "closed"
    closed.mkdir(mode=0o700)
    settings = home_in(closed, kind)
    with running(settings):
        data_owner, _ = owner_of_server(settings)
        assert data_owner != 0
    monkeypatch.undo()
    # The next start may use a namespace again; the data changes hands with it.
    works(settings)
    end_servers(settings.home)


@as_root
def test_a_home_that_was_opened_or_closed_in_between_works_on(open_place: Path) -> None:
    settings = home_in(open_place, KINDS[0])
    works(settings)
    open_place.chmod(0o700)
    works(settings)
    open_place.chmod(0o755)
    works(settings)


@as_root
@pytest.mark.parametrize("kind", KINDS)
def test_root_in_the_home_of_somebody_keeps_it_theirs(
    open_place: Path, kind: str, start_user: StartUser, nobody: tuple[str, ...]
) -> None:
    settings = home_in(open_place, kind)
    os.chown(open_place, 65534, 65534)
    first = start_user(settings, prefix=nobody)
    assert first.arrived()["started"]
    first.leave()
    with running(settings):
        assert owner_of_server(settings) == (65534, 65534)
    again = start_user(settings, prefix=nobody)
    assert again.arrived()["started"]
    again.leave()


@pytest.mark.parametrize("kind", KINDS)
def test_an_ordinary_user_needs_nothing_from_root(
    open_place: Path, kind: str, start_user: StartUser, nobody: tuple[str, ...]
) -> None:
    if nobody:
        os.chown(open_place, 65534, 65534)
        open_place.chmod(0o700)
    settings = home_in(open_place, kind)
    user = start_user(settings, prefix=nobody)
    assert user.arrived()["started"]
    user.leave()


@as_root
def test_a_home_of_somebody_else_is_one_sentence(
    open_place: Path, start_user: StartUser, nobody: tuple[str, ...]
) -> None:
    settings = home_in(open_place, KINDS[0])
    works(settings)
    told = start_user(settings, prefix=nobody).arrived()
    assert told["type"] == "HomeNotUsable"
    assert "permission denied" in told["error"] or "belongs to another user" in told["error"]


@as_root
@pytest.mark.parametrize("kind", KINDS)
def test_root_of_a_container_adopts_what_a_kill_left(open_place: Path, kind: str, start_user: StartUser) -> None:
    # Such a root may neither look into other users' processes nor administer the system.
    container = ("setpriv", "--bounding-set=-sys_ptrace,-sys_admin")
    settings = home_in(open_place, kind)
    killed = start_user(settings, prefix=container)
    killed.arrived()
    killed.kill()
    user = start_user(settings, prefix=container)
    assert user.arrived()["started"] is False
    user.leave()
    (data,) = (settings.home / "pg").glob("*-*/data")
    assert process.read_postmaster(data) is None


def test_the_environment_of_the_caller_does_not_reach_the_server(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANG", "LC_ALL", "HOME", "TZ"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"PGDATA": "/nonexistent", "PGOPTIONS": "", "LC_MESSAGES": "de_DE.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    with running(settings) as server, psycopg.connect(server.archive_url) as conn:
        row = conn.execute("select current_setting('timezone'), current_setting('server_encoding')").fetchone()
    assert row == ("UTC", "UTF8")


@as_root
def test_a_mode_that_cannot_reach_says_so() -> None:
    with tempfile.TemporaryDirectory() as folder:
        drop, namespace, reach = identity._identities_for_root(0)
        assert [each.can_reach([Path(folder)]) for each in (drop, namespace, reach)] == [False, True, True]
        whoami = subprocess.run(namespace.command(["/usr/bin/id", "-u"]), capture_output=True, text=True, check=True)
        assert whoami.stdout.strip() != "0"
