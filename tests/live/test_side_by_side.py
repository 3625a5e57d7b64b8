"""Two runs that interpret at the same time leave what one run would."""

from __future__ import annotations

import threading
import time

import psycopg

from tests.data.baileys_expected import GROUP
from tests.live.deliveries import put, reacts, replies, says, state
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.interpret import interpret

WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


def test_what_one_run_brings_is_linked_with_what_the_other_brings(ctx: Context, conn: psycopg.Connection) -> None:
    runs = [threading.Thread(target=interpret, args=(ctx,)) for _ in range(2)]
    with ctx.connect() as holder:
        # Every batch writes when its group was last heard of: held up there, the first run has not committed yet.
        holder.execute("select from public.groups where wa_group_id = %s for no key update", (GROUP,))
        put(conn, says("M1", "Who waters the beans?", at=1731000000))
        runs[0].start()
        until_waiting(conn, 1)
        put(conn, replies("M2", "I do", "M1", at=1731000060), reacts("M1", "👍", at=1731000090))
        runs[1].start()
        until_waiting(conn, 2)
        holder.rollback()
    for run in runs:
        run.join(30)
    parents = conn.execute(
        "select count(*) from messages c join messages p on p.id = c.parent_id where c.wa_msg_id like '%M2'"
    ).fetchone()
    linked = conn.execute("select count(*) from message_reactions where message_id is not null").fetchone()
    assert (parents, linked) == ((1,), (1,))
    left = state(conn)
    conn.execute("update wa_inbox set state = 'new'")
    interpret(ctx)
    assert state(conn) == left


def until_waiting(conn: psycopg.Connection, sessions: int) -> None:
    deadline = time.monotonic() + 30
    while conn.execute(WAITING).fetchone() != (sessions,):
        assert time.monotonic() < deadline, f"{sessions} sessions were to wait"
        time.sleep(0.05)
