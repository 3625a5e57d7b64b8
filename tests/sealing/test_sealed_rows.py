"""Sealed rows of the archive: unreadable ones are named before anything starts, and a rotation is all or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.types.json import Jsonb

from wa_pipeline.archive.sealed import check_sealed, refuse_unreadable, rotate_all
from wa_pipeline.errors import SealedWithoutKey
from wa_pipeline.sealing import Sealer, new_key

OLD, NEW = new_key(), new_key()


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection]:
    """An archive with every kind of sealed value in it, sealed with OLD."""
    sealer = Sealer([OLD])
    with psycopg.connect(database_url) as conn:
        conn.execute("insert into google_tokens (google_user_id, email, access_token_enc, refresh_token_enc) "
                     "values ('1', 'a@b', %s, %s), ('2', 'c@d', %s, null)",
                     (sealer.seal("access"), sealer.seal("refresh"), sealer.seal("other")))  # fmt: skip
        conn.execute("update wa_sessions set creds_json = %s", (Jsonb({"sealed": sealer.seal("creds")}),))
        conn.execute(
            """
            with m as (insert into messages (wa_msg_id, ts, chat_id, sender, kind)
                       select i::text, now(), 'c', 's', 'image' from generate_series(1, 1200) i returning id)
            insert into media_fetch (message_id, source, locator_enc) select id, 'x', %s from m
            """,
            (sealer.seal("locator"),),
        )
        conn.commit()
        yield conn


def test_with_the_right_key_nothing_is_wrong(conn: psycopg.Connection) -> None:
    assert check_sealed(conn, Sealer([NEW, OLD])) == []
    refuse_unreadable(conn, Sealer([NEW, OLD]))


def test_without_the_key_every_row_is_named_and_no_value_shown(conn: psycopg.Connection) -> None:
    problems = check_sealed(conn, Sealer([NEW]))
    assert len(problems) == 3 + 1 + 1200
    assert {problem.split(": ")[1] for problem in problems} == {
        "access_token_enc does not open with the keys at hand",
        "refresh_token_enc does not open with the keys at hand",
        "creds_json does not open with the keys at hand",
        "locator_enc does not open with the keys at hand",
    }
    assert len(check_sealed(conn, Sealer([NEW]), limit=5)) == 3 + 1 + 5
    with pytest.raises(SealedWithoutKey, match=r"google_tokens .* WA_SECRET_KEYS"):
        refuse_unreadable(conn, Sealer([NEW]))


def test_what_was_never_sealed_is_told(conn: psycopg.Connection) -> None:
    conn.execute("update wa_sessions set creds_json = '{\"noiseKey\": 1}', keys_json = '{}'")
    problems = check_sealed(conn, Sealer([OLD]))
    assert len(problems) == 1
    assert problems[0].endswith("creds_json is not sealed")


def test_rotation_leaves_nothing_that_needs_the_old_key(conn: psycopg.Connection) -> None:
    assert rotate_all(conn, Sealer([NEW, OLD])) == 3 + 1 + 1200
    assert check_sealed(conn, Sealer([NEW])) == []
    row = conn.execute("select creds_json ->> 'sealed', keys_json from wa_sessions").fetchone()
    assert row is not None
    assert (Sealer([NEW]).open(row[0]), row[1]) == (b"creds", {})


def test_a_rotation_that_meets_an_unreadable_row_changes_none(conn: psycopg.Connection) -> None:
    stranger = Sealer([new_key()]).seal("x")
    conn.execute("update google_tokens set access_token_enc = %s where google_user_id = '2'", (stranger,))
    conn.commit()
    before = conn.execute("select access_token_enc, refresh_token_enc from google_tokens order by 1").fetchall()
    with pytest.raises(SealedWithoutKey, match="google_tokens"):
        rotate_all(conn, Sealer([NEW, OLD]))
    assert conn.execute("select access_token_enc, refresh_token_enc from google_tokens order by 1").fetchall() == before
