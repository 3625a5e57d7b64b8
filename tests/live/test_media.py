"""Live media: fetched once, decrypted, verified; whatever is wrong with one file stops no other and leaks no key."""

from __future__ import annotations

import hashlib
import io
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.live.cdn import Cdn, encrypt
from tests.live.deliveries import info, put, upsert
from wa_pipeline.archive.failures import failures, retry
from wa_pipeline.steps import download
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.fetch import fetch_media
from wa_pipeline.steps.interpret import interpret
from wa_pipeline.whatsapp.decrypt import DecryptFailed, decrypt, media_keys

KEY = bytes(range(32))
TYPES = ("image", "video", "audio", "document", "sticker")


def picture(shade: int = 200) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, shade, shade)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def ctx(downloading: Context) -> Context:
    return downloading


def send(ctx: Context, *contents: dict[str, Any]) -> None:
    """Messages with these pictures, landed and interpreted."""
    with ctx.connect(autocommit=True) as conn:
        put(
            conn,
            *[upsert(info(f"M{n}", {"imageMessage": {"mimetype": "image/png", **c}})) for n, c in enumerate(contents)],
        )
    interpret(ctx)


def linked(ctx: Context) -> dict[str, str | None]:
    with ctx.connect() as conn:
        rows = conn.execute(
            "select right(m.wa_msg_id, 2), d.sha256 from messages m left join media d on d.id = m.media_id order by 1"
        ).fetchall()
    return dict(rows)


def errors(ctx: Context) -> list[tuple[str, str, str]]:
    with ctx.connect() as conn:
        return conn.execute(
            "select right(m.wa_msg_id, 2), f.state, f.error from media_fetch f join messages m on m.id = f.message_id"
            " where f.error is not null order by 1"
        ).fetchall()


def sha256(plain: bytes) -> str:
    return hashlib.sha256(plain).hexdigest()


@given(st.binary(max_size=5_000), st.sampled_from(TYPES), st.lists(st.integers(0, 5_100), max_size=6))
def test_what_was_encrypted_comes_back_however_it_is_cut(plain: bytes, media_type: str, cuts: list[int]) -> None:
    sealed = encrypt(plain, KEY, media_type)
    places = sorted({0, len(sealed), *(cut for cut in cuts if cut < len(sealed))})
    out = io.BytesIO()
    pieces = [sealed[a:b] for a, b in pairwise(places)]
    decrypt(pieces, media_keys(KEY, media_type), out, enc_sha256=sha256(sealed))
    assert out.getvalue() == plain


@given(st.binary(min_size=1, max_size=300), st.data())
def test_one_altered_bit_is_noticed_wherever_it_is(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(encrypt(plain, KEY, "image"))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises(DecryptFailed):
        decrypt([bytes(sealed)], media_keys(KEY, "image"), io.BytesIO())


@given(st.integers(0, 200))
def test_a_file_cut_short_is_noticed(length: int) -> None:
    sealed = encrypt(bytes(190), KEY, "image")
    with pytest.raises(DecryptFailed):
        decrypt([sealed[: min(length, len(sealed) - 1)]], media_keys(KEY, "image"), io.BytesIO())


def test_a_picture_is_fetched_decrypted_linked_and_queued_for_its_words(ctx: Context, cdn: Cdn) -> None:
    plain = picture()
    send(ctx, cdn.put("one", plain, media_type="image"))
    report = fetch_media(ctx)
    assert (report.fetched, report.failed, report.pending) == (1, 0, 0)
    assert linked(ctx) == {"M0": sha256(plain)}
    with ctx.connect() as conn:
        assert conn.execute("select state, locator_enc from media_fetch").fetchall() == [("done", None)]
        assert conn.execute("select step, state from media_enrichment").fetchall() == [("ocr", "pending")]


def test_what_is_wrong_with_one_file_stops_no_other(ctx: Context, cdn: Cdn) -> None:
    wrong_key = {**cdn.put("key", picture(1), media_type="image"), "mediaKey": "A" * 43 + "="}
    wrong_hash = {**cdn.put("hash", picture(2), media_type="image"), "fileSha256": "A" * 43 + "="}
    send(
        ctx,
        cdn.put("altered", picture(3), media_type="image", altered=True),
        wrong_key,
        cdn.put("cut", picture(4), media_type="image", cut=13),
        wrong_hash,
        {**cdn.put("elsewhere", picture(5), media_type="image"), "url": "http://10.0.0.1/secret"},
        {**cdn.put("gone", picture(6), media_type="image"), "url": f"http://{cdn.host}/nothing"},
        cdn.put("good", picture(7), media_type="image"),
    )
    report = fetch_media(ctx)
    assert (report.fetched, report.failed, report.expired) == (1, 5, 1)
    assert linked(ctx) == dict.fromkeys(("M0", "M1", "M2", "M3", "M4", "M5")) | {"M6": sha256(picture(7))}
    found = errors(ctx)
    assert [state for _, state, _ in found] == ["failed"] * 5 + ["expired"]
    assert all(word in reason for (_, _, reason), word in zip(
        found, ("altered", "another key", "cut off", "announced", "not allowed", "no longer good"), strict=True
    ))  # fmt: skip
    with ctx.connect() as conn:
        assert len(failures(conn)) == 6
        assert retry(conn, None) == 6


def test_the_same_file_is_downloaded_once(ctx: Context, cdn: Cdn) -> None:
    file = cdn.put("same", picture(), media_type="image")
    send(ctx, file, file, file)
    report = fetch_media(ctx)
    assert (report.fetched, report.linked) == (1, 2)
    with ctx.connect(autocommit=True) as conn:
        put(conn, upsert(info("N3", {"imageMessage": file})))
    interpret(ctx)
    assert fetch_media(ctx).fetched == 0
    assert linked(ctx) == dict.fromkeys(("M0", "M1", "M2", "N3"), sha256(picture()))
    assert cdn.hits["/same"] == 1


def test_a_host_that_stumbles_is_asked_again(ctx: Context, cdn: Cdn) -> None:
    send(ctx, cdn.put("late", picture(), media_type="image"))
    cdn.answers["/late"] = [503]
    assert fetch_media(ctx).fetched == 1
    assert cdn.hits["/late"] == 2


def test_bytes_that_came_along_need_no_download(ctx: Context) -> None:
    import base64

    body = {
        "event": "messages.upsert",
        "data": {
            **info("E1", {"imageMessage": {"mimetype": "image/png"}, "base64": base64.b64encode(picture()).decode()})
        },
    }
    with ctx.connect(autocommit=True) as conn:
        conn.execute(
            "insert into wa_inbox (source, source_event_id, payload) values ('evolution', 'x', %s)",
            (psycopg.types.json.Json(body),),
        )
    interpret(ctx)
    assert fetch_media(ctx).fetched == 1
    assert linked(ctx) == {"E1": sha256(picture())}


def test_keys_and_addresses_lie_sealed_while_a_file_is_to_come_and_nowhere_after(ctx: Context, cdn: Cdn) -> None:
    file = cdn.put("sealed", picture(), media_type="image")
    cdn.answers["/sealed"] = [500] * 3
    send(ctx, file)
    secrets = (file["mediaKey"], file["fileEncSha256"], "oh=secret")
    with ctx.connect(autocommit=True) as conn:
        for _ in range(2):
            told = str(conn.execute("select f::text from media_fetch f").fetchall())
            told += str(conn.execute("select payload::text from wa_inbox").fetchall())
            told += str(conn.execute("select raw::text from messages").fetchall())
            assert not [secret for secret in secrets if secret in told]
            [token] = conn.execute("select locator_enc from media_fetch").fetchone() or ("",)
            assert file["mediaKey"].encode() in ctx.sealer.open(token)
            fetch_media(ctx)
        conn.execute("update media_fetch set next_attempt_at = now()")
        assert fetch_media(ctx).fetched == 1
        assert conn.execute("select locator_enc from media_fetch").fetchall() == [(None,)]


def test_what_may_pass_is_tried_again_after_longer_and_longer_rests_and_then_given_up(
    ctx: Context, cdn: Cdn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_PAUSE_SECONDS", 0.01)
    send(ctx, cdn.put("late", picture(), media_type="image"))
    cdn.answers["/late"] = [503] * 12
    rests = []
    with ctx.connect(autocommit=True) as conn:
        for _ in range(4):
            assert fetch_media(ctx).by_reason == {"its host answered with status 503": 1}
            assert fetch_media(ctx).by_reason == {}
            rests += conn.execute(
                "select state, round(extract(epoch from next_attempt_at - updated_at) / 60)::int from media_fetch"
            ).fetchall()
            conn.execute("update media_fetch set next_attempt_at = now()")
    assert rests == [
        ("pending", 1), ("pending", 4), ("pending", 16), ("failed", 64),
    ]  # fmt: skip
    assert cdn.hits["/late"] == 12
