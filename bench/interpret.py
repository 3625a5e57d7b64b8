"""How fast the inbox becomes messages, beside the loop one writes first, and what a replay touches.

    python -m bench.interpret [--events 100000] [--json]

Lands so many invented messages, one a delivery, every tenth a reply, interprets them in one run, alters text, kind and
parent of a thousand rows by SQL and interprets the day twice more. The baseline takes the same deliveries one by one:
parse, one INSERT … ON CONFLICT and one UPDATE each, a commit for every thousand.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from wa_pipeline.archive.inbox import Arrival, land
from wa_pipeline.settings import Settings
from wa_pipeline.steps import schema
from wa_pipeline.steps.context import Context, open_context
from wa_pipeline.steps.interpret import interpret

GROUP = "120363025246125486@g.us"
WORDS = [
    "the",
    "train",
    "is",
    "late",
    "again",
    "see",
    "you",
    "at",
    "nine",
    "bring",
    "bread",
    "Größe",
    "שלום",
    "мир",
    "你好",
    "😀",
]
ALTERED = 1_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_context(Settings(home=Path(folder) / "home")) as ctx:
        schema.migrate(ctx)
        result = measure(ctx, given.events)
    print(
        json.dumps(result) if given.json else "\n".join(f"{name:28}{value:>14,.2f}" for name, value in result.items())
    )


def measure(ctx: Context, events: int) -> dict[str, float]:
    """Every figure of one run."""
    bodies = [message(number, random.Random(number)) for number in range(events)]
    with ctx.connect(autocommit=True) as conn:
        conn.execute("insert into public.groups (wa_group_id, name, monitor) values (%s, 'Bench', true)", (GROUP,))
        landed = put(conn, bodies)
        plain = one_by_one(conn, events)
        conn.execute("truncate public.messages cascade")
        wall, cpu = time.perf_counter(), time.process_time()
        report = interpret(ctx)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        assert report.messages == events
        xmins = dict(conn.execute("select id, xmin::text from public.messages").fetchall())
        conn.execute(
            "update public.messages m set text = 'altered', kind = 'other',"
            " parent_id = (select p.id from public.messages p where p.id <> m.id limit 1) where id in"
            " (select id from public.messages order by md5(wa_msg_id) limit %s)",
            (ALTERED,),
        )
        began = time.perf_counter()
        again = interpret(ctx, day=datetime.now(UTC).date())
        replay = time.perf_counter() - began
        now = dict(conn.execute("select id, xmin::text from public.messages").fetchall())
        touched = sum(xmins[key] != xmin for key, xmin in now.items())
        row = conn.execute(
            "select count(*) filter (where text = 'altered' or kind = 'other'),"
            " count(*) filter (where (raw ? 'quoted_wa_msg_id') <> (parent_id is not null)) from public.messages"
        ).fetchone()
        assert row == (0, 0), f"altered rows left, wrong parents left: {row}"
        further = interpret(ctx, day=datetime.now(UTC).date())
    return {
        "events": events,
        "landed_per_s": landed,
        "messages_per_s": events / wall,
        "python_cpu_s": cpu,
        "one_by_one_per_s": plain,
        "times_one_by_one": events / wall / plain,
        "replayed_per_s": events / replay,
        "altered": ALTERED,
        "restored": again.changed,
        "touched": touched,
        "changed_by_a_further_replay": further.changed,
    }


def message(number: int, rng: random.Random) -> bytes:
    """A delivery of one plain message, as a worker posts it."""
    key = {
        "remoteJid": GROUP,
        "fromMe": False,
        "id": f"3EB0{number:016X}",
        "participant": f"4477009{number % 40:05}@s.whatsapp.net",
    }
    text = " ".join(rng.choices(WORDS, k=rng.choice((1, 3, 6, 9, 14, 30))))
    content: dict[str, object] = {"conversation": text}
    if number % 10 == 9:
        context = {"stanzaId": f"3EB0{number - 5:016X}", "participant": key["participant"]}
        content = {"extendedTextMessage": {"text": text, "contextInfo": context}}
    info = {
        "key": key,
        "message": content,
        "messageTimestamp": 1_700_000_000 + number * 7,
        "pushName": f"Person {number % 40}",
    }
    return json.dumps({"event": "messages.upsert", "data": {"type": "notify", "messages": [info]}}).encode()


def put(conn: psycopg.Connection, bodies: list[bytes]) -> float:
    """Land the deliveries, five hundred a transaction; deliveries a second."""
    began = time.perf_counter()
    for at in range(0, len(bodies), 500):
        with conn.transaction():
            land(conn, [Arrival("baileys", body) for body in bodies[at : at + 500]])
    return len(bodies) / (time.perf_counter() - began)


def one_by_one(conn: psycopg.Connection, events: int) -> float:
    """The baseline over a tenth of the deliveries, its work undone afterwards; messages a second."""
    count = max(1, events // 10)
    rows = conn.execute("select id, payload::text from public.wa_inbox order by id limit %s", (count,)).fetchall()
    began = time.perf_counter()
    for at in range(0, count, 1_000):
        with conn.transaction():
            for inbox_id, payload in rows[at : at + 1_000]:
                [info] = json.loads(payload)["data"]["messages"]
                conn.execute(
                    "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, text, raw)"
                    " values (%s, to_timestamp(%s), %s, %s, 'text', %s, '{}') on conflict (wa_msg_id) do nothing",
                    (
                        f"{GROUP}|{info['key']['id']}",
                        info["messageTimestamp"],
                        GROUP,
                        info["key"]["participant"],
                        next(iter(info["message"].values())) if "conversation" in info["message"] else "reply",
                    ),
                )
                conn.execute("update public.wa_inbox set state = 'done' where id = %s", (inbox_id,))
    rate = count / (time.perf_counter() - began)
    conn.execute("update public.wa_inbox set state = 'new'")
    conn.execute("vacuum (analyze) public.wa_inbox")
    return rate


if __name__ == "__main__":
    main()
