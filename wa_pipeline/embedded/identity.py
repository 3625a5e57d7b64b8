"""Who PostgreSQL runs as: it refuses root, and must still reach its program and its data."""

from __future__ import annotations

import functools
import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wa_pipeline.errors import NoPostgresUser

LAUNCHER = Path(__file__).with_name("launch.py")
Mode = Literal["plain", "drop", "namespace", "reach"]


@dataclass(frozen=True)
class Identity:
    """How a server process is started (see `launch.py`) and whose its files are."""

    mode: Mode
    uid: int
    gid: int
    owner_uid: int
    owner_gid: int

    def command(self, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` (its first part an absolute path) under this identity."""
        return [sys.executable, "-I", "-S", str(LAUNCHER), self.mode, str(self.uid), str(self.gid), *command]

    def can_reach(self, paths: Sequence[Path]) -> bool:
        """Tries for real: whether every path (a file: readable; a directory: enterable) is open to this identity."""
        done = subprocess.run(self.command(["--can", *map(str, paths)]), capture_output=True, check=False, cwd="/")
        return done.returncode == 0


def choose_identity(*, paths: Sequence[Path], data_owner: int | None, home: Path) -> Identity:
    """The identity to run PostgreSQL under: ourselves, or, as root, the most modest one that reaches `paths`.

    As root the owner of existing data is preferred, then the owner of `home` (somebody's `sudo`), then `postgres` or
    `nobody`. No user is created and no permission of a directory is changed. Raises `NoPostgresUser` when no way works.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0:
        return Identity("plain", uid, gid, uid, gid)
    for identity in _identities_for_root(data_owner or home.stat().st_uid):
        if identity.can_reach(paths):
            return identity
    raise NoPostgresUser(folder=home)


def _identities_for_root(preferred_owner: int) -> list[Identity]:
    found = _unprivileged_user(preferred_owner)
    if found is None:
        return []
    uid, gid = found
    return [
        Identity("drop", uid, gid, uid, gid),
        Identity("namespace", uid, gid, 0, os.getegid()),
        Identity("reach", uid, gid, uid, gid),
    ]


@functools.cache
def _unprivileged_user(preferred: int) -> tuple[int, int] | None:
    """uid and gid of an existing user; it must have a name, since initdb looks its own up."""
    users = {user.pw_uid: user for user in pwd.getpwall() if user.pw_uid != 0}
    by_name = {user.pw_name: user for user in users.values()}
    candidates = [users.get(preferred), by_name.get("postgres"), by_name.get("nobody"), *users.values()]
    return next(((user.pw_uid, user.pw_gid) for user in candidates if user), None)
