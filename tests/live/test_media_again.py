"""A file whose address is too old is asked of the gateway; one the gateway keeps is fetched there, with its key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import SecretStr

from tests.data.baileys_expected import GROUP
from tests.live.cdn import Cdn
from tests.live.deliveries import info, put, upsert
from tests.live.gateway_server import Answer
from tests.live.gateway_standins import EVOLUTION_KEY, GOWA_KEY, serving_evolution, serving_gowa
from tests.live.test_media import errors, linked, picture, sha256
from tests.live.waha_standin import KEY, WahaWorld, serving_waha
from wa_pipeline.archive.failures import failures, retry
from wa_pipeline.archive.inbox import Arrival, land
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.fetch import FetchReport, fetch_media
from wa_pipeline.steps.interpret import interpret

ALICE, BOB = "447700900001", "447700900002"


@pytest.fixture
def ctx(downloading: Context) -> Context:
    return downloading


@pytest.fixture
def waha(ctx: Context) -> Iterator[WahaWorld]:
    with serving_waha() as world:
        name(ctx, "waha", world.server.url, KEY)
        yield world


def name(ctx: Context, kind: str, url: str, key: str) -> None:
    ctx.settings.gateway, ctx.settings.gateway_url = kind, url  # type: ignore[assignment]
    ctx.settings.gateway_key = SecretStr(key)


def picture_at(cdn: Cdn, path: str, plain: bytes, **told: Any) -> dict[str, Any]:
    """The content of a message whose file WhatsApp has no more."""
    return {"imageMessage": {"mimetype": "image/png", **cdn.put("lost", plain, media_type="image"), **told,
                             "url": f"http://{cdn.host}/{path}"}}  # fmt: skip


def send(ctx: Context, *infos: dict[str, Any]) -> None:
    with ctx.connect(autocommit=True) as conn:
        put(conn, *[upsert(each) for each in infos])
    interpret(ctx)


def deliver(ctx: Context, source: str, *bodies: dict[str, Any]) -> None:
    with ctx.connect(autocommit=True) as conn:
        land(conn, [Arrival(source, json.dumps(body).encode(), f"{n}") for n, body in enumerate(bodies)])
    interpret(ctx)


def states(ctx: Context) -> list[tuple[str, bool]]:
    with ctx.connect() as conn:
        return conn.execute("select state, locator_enc is not null from media_fetch order by state").fetchall()


def fetch_later(ctx: Context) -> FetchReport:
    with ctx.connect() as conn:
        conn.execute("update media_fetch set next_attempt_at = now()")
    return fetch_media(ctx)


def test_what_whatsapp_has_no_more_comes_from_the_gateway(ctx: Context, cdn: Cdn, waha: WahaWorld) -> None:
    infos = []
    for n, status in enumerate((403, 404, 410)):
        cdn.answers[f"/{n}"] = [status]
        waha.files[f"{n}.png"] = picture(n)
        waha.messages[f"false_{GROUP}_M{n}_{ALICE}@c.us"] = f"{n}.png"
        infos.append(info(f"M{n}", picture_at(cdn, str(n), picture(n)), sender=f"{ALICE}@s.whatsapp.net"))
    send(ctx, *infos)
    report = fetch_media(ctx)
    assert (report.fetched, report.expired, report.gone) == (3, 0, 0)
    assert linked(ctx) == {f"M{n}": sha256(picture(n)) for n in range(3)}
    assert states(ctx) == [("done", False)] * 3
    assert waha.wrong == []


def test_a_sender_known_by_an_alias_is_named_to_the_gateway_as_it_came(ctx: Context, cdn: Cdn, waha: WahaWorld) -> None:
    lid = info("M0", picture_at(cdn, "old", picture()), sender="7777@lid")
    lid["key"]["participantAlt"] = f"{ALICE}@s.whatsapp.net"
    own = info("M1", picture_at(cdn, "old", picture(1)), sender=f"{BOB}@s.whatsapp.net")
    own["key"]["fromMe"] = True
    send(ctx, lid, own)
    fetch_media(ctx)
    asked = sorted(unquote(path).rpartition("/")[2] for path in waha.server.paths() if "/messages/" in path)
    assert asked == [f"false_{GROUP}_M0_7777@lid", f"true_{GROUP}_M1_{BOB}@c.us"]


def test_without_a_gateway_it_is_expired_and_a_later_gateway_is_asked(ctx: Context, cdn: Cdn) -> None:
    plain = picture()
    send(ctx, info("M0", picture_at(cdn, "old", plain), sender=f"{ALICE}@s.whatsapp.net"))
    assert fetch_media(ctx).expired == 1
    assert states(ctx) == [("expired", True)]
    assert "no longer good (status 404)" in errors(ctx)[0][2]
    with serving_waha() as world, ctx.connect(autocommit=True) as conn:
        name(ctx, "waha", world.server.url, KEY)
        # WAHA has the message, and could not get its file.
        world.messages[f"false_{GROUP}_M0_{ALICE}@c.us"] = None
        assert retry(conn, [failures(conn)[0].id]) == 1
        assert fetch_media(ctx).expired == 1
        world.messages[f"false_{GROUP}_M0_{ALICE}@c.us"] = "again.png"
        world.files["again.png"] = plain
        assert retry(conn, None) == 1
        assert fetch_media(ctx).fetched == 1


def test_gone_is_what_the_gateway_says_is_gone_and_its_keys_with_it(ctx: Context, cdn: Cdn, waha: WahaWorld) -> None:
    send(ctx, info("M0", picture_at(cdn, "old", picture()), sender=f"{ALICE}@s.whatsapp.net"))
    assert fetch_media(ctx).gone == 1
    assert states(ctx) == [("gone", False)]
    assert "no longer has the message" in errors(ctx)[0][2]
    with ctx.connect() as conn:
        assert [failure.what for failure in failures(conn)] == ["fetch"]
    # Told again with an address that is good, it comes all the same.
    good = cdn.put("good", picture(), media_type="image")
    with ctx.connect(autocommit=True) as conn:
        conn.execute("update wa_inbox set state = 'done'")
    send(ctx, info("M0", {"imageMessage": {"mimetype": "image/png", **good}}, sender=f"{ALICE}@s.whatsapp.net"))
    assert fetch_media(ctx).fetched == 1


def test_a_gateway_that_cannot_say_is_asked_later(
    ctx: Context, cdn: Cdn, waha: WahaWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wa_pipeline.gateways.http._PAUSES", (0.01,))
    plain = picture()
    waha.files["again.png"] = plain
    waha.messages[f"false_{GROUP}_M0_{ALICE}@c.us"] = "again.png"
    send(ctx, info("M0", picture_at(cdn, "old", plain), sender=f"{ALICE}@s.whatsapp.net"))
    for answers, says in (
        ([Answer(503, {})] * 3, "no time"),
        ([Answer(401, {})], "WA_GATEWAY_KEY"),
        ([Answer(404, {"message": "Session not found"})], "Session not found"),
    ):
        waha.server.ill = list(answers)
        fetch_later(ctx)
        assert states(ctx) == [("pending", True)]
        assert says in errors(ctx)[0][2]
    assert fetch_later(ctx).fetched == 1


def test_a_file_the_gateway_keeps_is_fetched_there_with_its_key(ctx: Context, waha: WahaWorld) -> None:
    plain = picture()
    waha.files["a.png"] = plain
    body = {
        "event": "message", "session": "default",
        "payload": {
            "id": f"false_{GROUP}_W1_{BOB}@c.us", "timestamp": 1731000000, "from": GROUP, "participant": f"{BOB}@c.us",
            "fromMe": False, "hasMedia": True,
            "media": {"url": "http://localhost:3000/api/files/default/a.png", "mimetype": "image/png"},
        },
    }  # fmt: skip
    deliver(ctx, "waha", body)
    assert fetch_media(ctx).fetched == 1
    assert linked(ctx) == {"W1": sha256(plain)}
    assert [asked.headers["x-api-key"] for asked in waha.server.asked] == [KEY]


def test_evolution_gives_the_bytes_of_what_it_still_has(ctx: Context, cdn: Cdn) -> None:
    with serving_evolution() as world:
        name(ctx, "evolution", world.server.url, EVOLUTION_KEY)
        ctx.settings.gateway_session = "home"
        world.files = {"M0": picture(0)}
        send(ctx, *[info(f"M{n}", picture_at(cdn, "old", picture(n))) for n in range(2)])
        report = fetch_media(ctx)
    assert (report.fetched, report.gone) == (1, 1)
    assert linked(ctx) == {"M0": sha256(picture(0)), "M1": None}


def test_gowa_is_asked_for_what_it_tells_by_whatsapps_address_alone(ctx: Context) -> None:
    plain = picture()
    body = {
        "event": "message", "device_id": "49170@s.whatsapp.net",
        "payload": {"id": "STANZA", "chat_id": GROUP, "from": f"{BOB}@s.whatsapp.net",
                    "timestamp": "2026-03-01T12:00:00Z",
                    "image": {"url": "https://mmg.whatsapp.net/v/x", "mimetype": "image/png"}},
    }  # fmt: skip
    deliver(ctx, "gowa", body)
    report = fetch_media(ctx)
    assert report.expired == 1
    assert "set WA_GATEWAY" in errors(ctx)[0][2]
    with serving_gowa() as world, ctx.connect(autocommit=True) as conn:
        name(ctx, "gowa", world.server.url, GOWA_KEY)
        world.files["again.jpeg"] = plain
        retry(conn, None)
        assert fetch_media(ctx).fetched == 1
    assert linked(ctx) == {"ZA": sha256(plain)}
