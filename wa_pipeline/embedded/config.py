"""The server's configuration, written whole at every start: a home can be moved, and settings follow the code."""

from __future__ import annotations

import os
from pathlib import Path

MB = 1024 * 1024
# A socket's address must fit into 108 bytes, the file name `/.s.PGSQL.<port>` and its lock's `.lock` included.
LONGEST_SOCKET_FOLDER = 85

HBA = """\
# Written at every start. Passwords only, this machine only.
local all all              scram-sha-256
host  all all 127.0.0.1/32 scram-sha-256
host  all all ::1/128      scram-sha-256
"""


def configuration(*, data: Path, hba: Path, port: int, extensions: Path | None) -> str:
    """The text of postgresql.conf for a laptop; `local.conf` beside it, if there is one, has the last word."""
    memory = _memory()
    shared = max(32, min(256, memory // MB // 8))
    values = {
        "hba_file": str(hba),
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": str(data) if len(os.fsencode(data)) <= LONGEST_SOCKET_FOLDER else "",
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": 50,
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(shared * 2, memory // MB // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{shared // 2}MB",
        "dynamic_shared_memory_type": "posix" if os.access("/dev/shm", os.W_OK) else "mmap",
        # One server without replicas: the least WAL, few checkpoints; every commit still reaches the disk.
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "wal_compression": "on",
        "min_wal_size": "128MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": 1.1,
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        # Messages are private: neither failing statements nor rows belong in a log.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length_on_error": 0,
    }
    if extensions is not None:
        values["extension_control_path"] = f"$system:{extensions}"
    lines = ["# Written at every start; put your own settings into local.conf beside this file."]
    lines += [f"{name} = {_quoted(value)}" for name, value in values.items()]
    return "\n".join([*lines, "include_if_exists 'local.conf'", ""])


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'"


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 2048 * MB
