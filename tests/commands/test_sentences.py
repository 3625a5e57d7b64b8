"""Whatever goes wrong, in one sentence, and whether the next file may still be tried."""

from __future__ import annotations

import errno

import psycopg
import pytest

from wa_pipeline.commands.sentences import DISK_FULL, READ_ONLY, concerns_one_file, sentence
from wa_pipeline.errors import (
    DatabaseRefused,
    DatabaseUnreachable,
    ExportEmpty,
    RunFailed,
    StoreOverQuota,
    WaError,
)

FULL = OSError(errno.ENOSPC, "No space left on device", "/home/ann/.wa/tmp/x")


def caused(cause: Exception) -> RunFailed:
    error = RunFailed(job="import_export", reason=type(cause).__name__)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ExportEmpty(file="a.zip"), "a.zip: the file is empty"),
        (FULL, DISK_FULL),
        (caused(FULL), DISK_FULL),
        (DatabaseRefused(reason="could not extend file", code="53100"), DISK_FULL),
        (psycopg.errors.DiskFull("could not extend file"), DISK_FULL),
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT"), READ_ONLY),
        (psycopg.OperationalError("one\ntwo\nthe connection is lost\n"), "the connection is lost"),
        (PermissionError(errno.EACCES, "Permission denied", "/root/a.zip"), "/root/a.zip: Permission denied"),
        (caused(PermissionError(errno.EACCES, "Permission denied", "/root/a.zip")), "/root/a.zip: Permission denied"),
        (caused(ValueError("odd")), "The run of import_export failed: ValueError"),
        (ValueError("odd\nand long"), "unexpected ValueError: odd and long (WA_DEBUG=1 shows where)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_one_sentence(error: Exception, words: str) -> None:
    assert words in sentence(error)
    assert "\n" not in sentence(error)


@pytest.mark.parametrize(
    ("error", "goes_on"),
    [
        (ExportEmpty(file="a.zip"), True),
        (PermissionError(errno.EACCES, "Permission denied", "/root/a.zip"), True),
        (caused(ValueError("odd")), True),
        (DatabaseRefused(reason="invalid byte sequence", code="22021"), True),
        (FULL, False),
        (caused(FULL), False),
        (DatabaseUnreachable(where="here", reason="refused"), False),
        (StoreOverQuota(where="there"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_file_of_its_own_or_the_end_of_all(error: WaError, goes_on: bool) -> None:
    assert concerns_one_file(error) is goes_on
