"""A program of its own: leaves root behind as told, then becomes PostgreSQL.

Run as `python -I launch.py MODE UID GID COMMAND…`. PostgreSQL refuses to run as root, for good reasons, so:

- `plain`      the caller is an ordinary user; nothing to leave behind.
- `drop`       becomes the user UID for good.
- `namespace`  enters a user namespace in which the caller's own identity is called UID: files stay the caller's, every
               power over other users' files is gone. For homes which no other user can reach.
- `reach`      as `drop`, keeping the one capability to walk through directories closed to UID. For containers that
               forbid namespaces.

It imports only the standard library, so that it starts in milliseconds. `COMMAND` may be `--can PATH…`: exit status 0
tells that in this mode every PATH can be opened (a directory: entered).
"""

from __future__ import annotations

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _must(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _enter_namespace(uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _must(_libc().unshare(CLONE_NEWUSER), "unshare")
    for name, line in (("setgroups", "deny"), ("gid_map", f"{gid} {outer_gid} 1"), ("uid_map", f"{uid} {outer_uid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _become_with_reach(uid: int, gid: int) -> None:
    libc = _libc()
    _must(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl")
    _become(uid, gid)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    wanted = 1 << CAP_DAC_OVERRIDE
    # Effective, permitted and inheritable, first the lower 32 capabilities, then the upper ones.
    sets = (ctypes.c_uint32 * 6)(wanted, wanted, wanted, 0, 0, 0)
    _must(libc.capset(ctypes.byref(header), ctypes.byref(sets)), "capset")
    _must(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0), "prctl")


def main(arguments: list[str]) -> None:
    """Changes identity, then replaces this process by the command; returns only by raising."""
    mode, uid, gid, *command = arguments
    if mode == "namespace":
        _enter_namespace(int(uid), int(gid))
    elif mode == "drop":
        _become(int(uid), int(gid))
    elif mode == "reach":
        _become_with_reach(int(uid), int(gid))
    if command[0] == "--can":
        able = all(os.access(path, os.X_OK | os.R_OK if os.path.isdir(path) else os.R_OK, effective_ids=True)
                   for path in command[1:])  # fmt: skip
        sys.exit(0 if able else 3)
    # Its own session, so that Ctrl-C in the terminal ends the program that asked for it and not the database.
    os.setsid()
    os.umask(0o077)
    # The directory we were called from may be closed to the identity we took on.
    os.chdir("/")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
