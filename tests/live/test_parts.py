"""A batch is read and written in parts, side by side; where it is cut shows nowhere."""

from __future__ import annotations

import psycopg
import pytest

from tests.live.deliveries import edits, empty, put, reacts, replies, says, state
from wa_pipeline.steps import interpret as step
from wa_pipeline.steps.context import Context

TOLD = [
    replies("B", "two", "A"),
    says("A", "one"),
    {"event": 5},
    reacts("B", "👍", at=1731000200),
    says("C", "three"),
    edits("C", "three, better", at=1731000300),
    says("A", "one"),
]


@pytest.mark.parametrize("part", [1, 2, 3])
def test_parts_of_any_size_leave_what_one_leaves(
    ctx: Context, conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    put(conn, *TOLD)
    whole = step.interpret(ctx)
    expected = state(conn)
    dead = conn.execute("select detail from audit_log where kind = 'error'").fetchall()
    assert (whole.rows, whole.messages, whole.failed) == (7, 3, 1)
    empty(conn)
    conn.execute("delete from audit_log")
    monkeypatch.setattr(step, "PART", part)
    put(conn, *TOLD)
    report = step.interpret(ctx)
    assert state(conn) == expected
    assert (report.rows, report.messages, report.failed) == (7, 3, 1)
    assert conn.execute("select detail from audit_log where kind = 'error'").fetchall() == dead
