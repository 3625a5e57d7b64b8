"""One data directory under WA_HOME and the server over it: made, started, adopted, stopped."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

from wa_pipeline.embedded import process
from wa_pipeline.embedded.binaries import Installation, Kind, find_installations
from wa_pipeline.embedded.config import HBA, configuration
from wa_pipeline.embedded.identity import Identity, choose_identity
from wa_pipeline.embedded.log import ServerLog, telling_line
from wa_pipeline.embedded.ports import free_port, is_free
from wa_pipeline.embedded.uuid_ossp import write_stand_in
from wa_pipeline.errors import DiskFull, HomeNotUsable, PostgresFailed, PostgresGone

ROLE = "postgres"
DATABASES = ("wa", "wa_dagster")
ROOM_FOR_A_CLUSTER = 200 * 1024 * 1024
START_PATIENCE = 120.0
Answer = Literal["welcome", "refused", "ended", "silent"]


class Cluster:
    """`folder` is `$WA_HOME/pg/<kind>-<major>`. Only to be changed while its `start.lock` is held."""

    def __init__(self, home: Path, kind: Kind, major: int) -> None:
        self.home = home
        self.kind = kind
        self.major = major
        self.folder = home / "pg" / f"{kind}-{major}"
        self.data = self.folder / "data"
        self.log = ServerLog(self.folder / "server.log")
        self._conf = self.folder / "postgresql.conf"
        self._hba = self.folder / "pg_hba.conf"
        self._extensions = self.folder / "share"
        self._port_file = home / "pg" / "port"
        self._password_file = home / "secrets" / "postgres.password"

    def url(self, database: str) -> str:
        """The address of one of the cluster's databases, password included; the server must be running."""
        running = process.read_postmaster(self.data)
        port = running.port if running else self._kept_port()
        return f"postgresql://{ROLE}:{self._password_file.read_text().strip()}@127.0.0.1:{port}/{database}"

    def ensure_running(self) -> bool:
        """Makes, starts or adopts the server and its two databases; True when it was started here."""
        with self._file_errors():
            started = not self._adopt()
            if started:
                self._start()
            try:
                self._make_databases()
            except psycopg.Error as error:
                raise self._failure("take up its databases", str(error)) from None
            return started

    def stop(self) -> None:
        """Stops the server, if it runs, and waits until it has written everything to disk."""
        running = process.read_postmaster(self.data)
        if running and process.serves(running.pid, self.data):
            process.stop(running.pid)

    def _adopt(self) -> bool:
        """Takes over a server that runs already; False when there is none that would let us in."""
        running = process.read_postmaster(self.data)
        if running is None or not process.serves(running.pid, self.data):
            return False
        answer = self._wait_for_answer(running.pid) if self._password_file.exists() else "refused"
        if answer == "silent":
            raise self._failure("answer", self.log.since(-10_000))
        if answer == "refused":
            self.stop()
        return answer == "welcome"

    def _make_databases(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=10) as conn:
            present = {name for (name,) in conn.execute("select datname from pg_database")}
            for name in DATABASES:
                if name not in present:
                    conn.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))

    def _start(self) -> None:
        identity = self._prepare()
        if not self.data.exists():
            self._initialise(identity)
        self._own(identity)
        self._clear_what_a_crash_left()
        if not self._password_file.exists():
            self._set_password(identity, self.data)
        if self._launch(identity) == "refused":
            # The secrets file was replaced, or made for another cluster of this home.
            self.stop()
            self._set_password(identity, self.data)
            self._launch(identity)

    def _launch(self, identity: Identity) -> Answer:
        """Runs the server until it answers; on a port that somebody else takes in that moment, again on another."""
        for _ in range(5):
            port = self._kept_port()
            if not is_free(port):
                port = free_port()
            self._write_configuration(port)
            self._port_file.write_text(f"{port}\n")
            position = self.log.trim()
            pid = self._spawn(identity, [*self._postgres, "-D", str(self.data), f"-c{self._config_file}"])
            answer = self._wait_for_answer(pid)
            if answer in ("welcome", "refused"):
                return answer
            if answer == "ended" and self._adopt():
                # Started by a process that was killed before its server had written its pid file.
                return "welcome"
            said = self.log.since(position)
            if answer == "silent" or "Address already in use" not in said:
                raise self._failure("start", said)
            self._port_file.unlink(missing_ok=True)
        raise self._failure("start", f"port {port} and four others were taken")

    def _wait_for_answer(self, pid: int) -> Answer:
        """Waits until process `pid`, or its recovery after a crash, comes to an answer."""
        answer: Answer = "silent"

        def settled() -> bool:
            nonlocal answer
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                answer = "welcome"
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    answer = "refused"
                elif not process.alive(pid):
                    answer = "ended"
            return answer != "silent"

        process.wait_until(settled, patience=START_PATIENCE)
        return answer

    def _prepare(self) -> Identity:
        for folder in (self.folder, self._extensions):
            folder.mkdir(parents=True, exist_ok=True)
        write_stand_in(self._extensions)
        self._write_configuration(self._kept_port())
        return choose_identity(
            paths=[self.folder, self._conf, self._hba, self._extensions / "extension", *self._program_files],
            data_owner=self.data.stat().st_uid if self.data.exists() else None,
            home=self.home,
        )

    def _initialise(self, identity: Identity) -> None:
        """initdb beside the final place, moved there when complete, so that an interrupted one leaves no half."""
        if shutil.disk_usage(self.folder).free < ROOM_FOR_A_CLUSTER:
            raise DiskFull(folder=self.home)
        for abandoned in self.folder.glob("data.unfinished-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        # Never the same name twice: an initdb whose caller was killed may still be writing.
        unfinished = Path(tempfile.mkdtemp(prefix="data.unfinished-", dir=self.folder))
        if os.geteuid() == 0:
            os.chown(unfinished, identity.owner_uid, identity.owner_gid)
        command = [str(self.installation.bin / "initdb"), "-D", str(unfinished), "-U", ROLE, "-E", "UTF8"]
        command += ["--locale=C.UTF-8", "--auth=reject", "--data-checksums"]
        done = subprocess.run(
            identity.command(command), env=_environment(), capture_output=True, text=True, check=False, errors="replace"
        )
        if done.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise self._failure("initialise its files", done.stderr)
        self._set_password(identity, unfinished)
        unfinished.rename(self.data)

    def _own(self, identity: Identity) -> None:
        """Hands our data directory to the user the server runs as; only root can need that, and only root can."""
        if self.data.stat().st_uid == identity.owner_uid:
            return
        if os.geteuid() != 0:
            raise HomeNotUsable(folder=self.data, reason="it belongs to another user")
        for _, folders, files, descriptor in os.fwalk(self.data, follow_symlinks=False):
            for name in folders + files:
                os.chown(name, identity.owner_uid, identity.owner_gid, dir_fd=descriptor, follow_symlinks=False)
        os.chown(self.data, identity.owner_uid, identity.owner_gid)

    def _clear_what_a_crash_left(self) -> None:
        process.end_leftovers(self.data)
        pid_file = self.data / "postmaster.pid"
        if not process.leftovers(self.data) and process.names_a_stranger(pid_file):
            pid_file.unlink()

    def _set_password(self, identity: Identity, data: Path) -> None:
        """Gives `data`'s superuser the password of the secrets file (made when missing), without a running server."""
        folder = self._password_file.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = self._password_file.exists()
        password = self._password_file.read_text().strip() if known else secrets.token_urlsafe(24)
        done = subprocess.run(
            identity.command(
                [*self._postgres, "--single", "-D", str(data), f"-c{self._config_file}", "template1"]
            ),
            input=f"alter role {ROLE} password '{password}';\n",
            env=_environment(), capture_output=True, text=True, check=False, errors="replace",
        )  # fmt: skip
        if done.returncode != 0:
            raise self._failure("take its password", done.stderr)
        if not known:
            descriptor = os.open(self._password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(password + "\n")

    def _write_configuration(self, port: int) -> None:
        extensions = None if self.installation.has_uuid_ossp else self._extensions
        self._conf.write_text(configuration(data=self.data, hba=self._hba, port=port, extensions=extensions))
        self._hba.write_text(HBA)

    def _spawn(self, identity: Identity, command: list[str]) -> int:
        whole = identity.command(command)
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.posix_spawn(
            whole[0],
            whole,
            _environment(),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log.path), append, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
        )

    @cached_property
    def installation(self) -> Installation:
        for each in find_installations(self.kind):
            if each.major == self.major:
                return each
        raise PostgresGone(folder=self.folder, kind=self.kind, major=self.major)

    @property
    def _postgres(self) -> list[str]:
        return [str(self.installation.bin / "postgres")]

    @property
    def _config_file(self) -> str:
        return f"config_file={self._conf}"

    @property
    def _program_files(self) -> list[Path]:
        return [self.installation.bin, self.installation.bin / "postgres", self.installation.bin / "initdb"]

    def _kept_port(self) -> int:
        try:
            return int(self._port_file.read_text())
        except (FileNotFoundError, ValueError):
            return free_port()

    def _failure(self, verb: str, said: str) -> DiskFull | PostgresFailed:
        if "No space left on device" in said:
            return DiskFull(folder=self.home)
        return PostgresFailed(verb=verb, folder=self.folder, reason=telling_line(said), log=self.log.path)

    @contextmanager
    def _file_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(folder=self.home) from None
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
                where = error.filename or self.folder
                raise HomeNotUsable(folder=where, reason=os.strerror(error.errno).lower()) from None
            raise


def _environment() -> dict[str, str]:
    """What a server process sees of ours: nothing that could change its language, time zone or libraries."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
