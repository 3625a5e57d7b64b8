"""Files of deliveries land line by line; a bad one stops nothing; switching a group on brings in what came before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from tests.commands.fixtures import archive, beside
from tests.data.baileys_expected import GROUP
from tests.live.deliveries import says
from wa_pipeline.cli import wa
from wa_pipeline.errors import NothingToIngest
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.ingest import LandReport, files_in, land_file
from wa_pipeline.steps.interpret import interpret

__all__ = ["archive", "beside"]


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(wa, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def lines(path: Path, *payloads: object) -> Path:
    path.write_bytes(b"".join(p if isinstance(p, bytes) else json.dumps(p).encode() + b"\n" for p in payloads))
    return path


def test_a_file_is_landed_interpreted_and_counted(archive: Context, tmp_path: Path) -> None:
    path = lines(tmp_path / "a.ndjson", {"source": "baileys", **says("A", "hello")}, says("B", "there"), b"no json\n")
    first = run("ingest", "--from", str(path))
    assert (first["landed"], first["failed"], first["skipped"]) == (3, 1, {"not monitored": 2})
    assert run("groups", "monitor", GROUP, "on") == {"group": GROUP, "monitor": True}
    again = run("ingest", "--from", str(path))
    assert (again["landed"], again["duplicates"], again["messages"]) == (0, 3, 2)
    assert run("search", "there")["items"][0]["wa_msg_id"] == f"{GROUP}|B"
    [group] = [each for each in run("groups", "list")["groups"] if each["wa_group_id"] == GROUP]
    assert (group["monitor"], group["messages"], group["held"]) == (True, 2, 0)


def test_an_unknown_group_is_refused_in_one_sentence(archive: Context) -> None:
    result = CliRunner().invoke(wa, ["groups", "monitor", "1@g.us", "on"])
    assert result.exit_code == 1
    assert "wa groups list" in str(result.exception)


def test_every_bad_line_is_a_dead_letter_that_names_itself(
    ctx: Context, conn: psycopg.Connection, tmp_path: Path
) -> None:
    bad = [b"{\n", b'{"source": "nobody"}\n', b"\xff\xfe\n", b'"text"\n', b"[" * 5000 + b"\n", b'{"a": NaN}\n', b"\n"]
    path = lines(tmp_path / "b.jsonl", *bad, says("A", "good"))
    report = LandReport()
    land_file(ctx, path, "baileys", report)
    found = interpret(ctx)
    assert (report.landed, found.messages) == (7, 1)
    dead = conn.execute("select error from wa_inbox where state = 'dead' order by id").fetchall()
    assert len(dead) == 6
    assert "b.jsonl, line 1: not JSON" in dead[0][0]
    assert conn.execute("select count(*) from audit_log where kind = 'error'").fetchone() == (1,)


def test_what_no_database_can_hold_is_replaced_and_nothing_is_lost(
    ctx: Context, conn: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "c.ndjson"
    text = r"nul \u0000 and half a letter \ud83d and \\u0000 written out"
    path.write_text(json.dumps(says("A", "X")).replace('"X"', f'"{text}"') + "\n")
    land_file(ctx, path, "baileys", LandReport())
    interpret(ctx)
    assert conn.execute("select text from messages").fetchone() == (
        "nul � and half a letter � and \\u0000 written out",
    )


def test_ten_megabytes_of_text_are_kept_whole(ctx: Context, conn: psycopg.Connection, tmp_path: Path) -> None:
    land_file(ctx, lines(tmp_path / "d.ndjson", says("A", "word " * 2_000_000)), "baileys", LandReport())
    assert interpret(ctx).messages == 1
    assert conn.execute("select length(text) from messages").fetchone() == (10_000_000,)


@pytest.mark.parametrize("name", ["nothing", "empty folder"])
def test_where_there_is_nothing_to_ingest_it_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "empty folder":
        path.mkdir()
    with pytest.raises(NothingToIngest, match="NDJSON"):
        files_in(path)
