"""Homes with servers of both kinds, and a way to use them from other processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.embedded.user import REPOSITORY, User
from wa_pipeline.embedded import process, running
from wa_pipeline.embedded.binaries import find_installations
from wa_pipeline.embedded.identity import Identity
from wa_pipeline.settings import Settings

KINDS = [kind for kind in ("system", "embedded") if find_installations(kind)]  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def used_homes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A home for each kind in which a server has run once and was stopped; made once, to be copied."""
    made: dict[str, Path] = {}

    def home_of(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(f"home-{kind}")
            with running(Settings(_env_file=None, WA_HOME=made[kind], WA_PG=kind)):
                pass
        return made[kind]

    return home_of


@pytest.fixture(params=KINDS)
def fresh_settings(request: pytest.FixtureRequest, wa_home: Path) -> Iterator[Settings]:
    """An empty home for a server of each kind this machine has; whatever runs there afterwards is ended."""
    yield Settings(_env_file=None, WA_HOME=wa_home, WA_PG=request.param)
    end_servers(wa_home)


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, wa_home: Path, used_homes: Callable[[str], Path]) -> Iterator[Settings]:
    """A home that has been used before, with a server of each kind; spares each test the second that initdb takes."""
    subprocess.run(["cp", "-a", f"{used_homes(request.param)}/.", str(wa_home)], check=True)
    yield Settings(_env_file=None, WA_HOME=wa_home, WA_PG=request.param)
    end_servers(wa_home)


@pytest.fixture
def start_user() -> Iterator[Callable[..., User]]:
    """Starts another process that uses the server of a home until it is told to leave."""
    users: list[User] = []

    def start(settings: Settings, *, prefix: tuple[str, ...] = ()) -> User:
        environment = {"PATH": os.environ["PATH"], "WA_HOME": str(settings.home), "WA_PG": settings.pg}
        environment["PYTHONPATH"] = str(REPOSITORY)
        users.append(User([*prefix, sys.executable, "-m", "tests.embedded.user"], environment, REPOSITORY))
        return users[-1]

    yield start
    for user in users:
        user.kill()


def end_servers(home: Path) -> None:
    """Ends every server below `home`, by the process ids in its own pid files."""
    for data in (home / "pg").glob("*-*/data"):
        running = process.read_postmaster(data)
        if running and process.serves(running.pid, data):
            process.stop(running.pid)
        for pid in process.leftovers(data):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def nobody() -> tuple[str, ...]:
    """A command prefix that runs as an ordinary user: nothing if we are one, else one that becomes user 65534.

    The test's own Python may lie in a folder closed to that user, so it keeps the capability to walk there.
    """
    if os.geteuid() != 0:
        return ()
    return tuple(Identity("reach", 65534, 65534, 65534, 65534).command([]))
