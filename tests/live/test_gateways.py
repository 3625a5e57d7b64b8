"""Each gateway is asked only for what its document shows, and whatever it answers ends in a list or in one sentence."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.live.gateway_server import Answer, Serving, serving
from tests.live.gateway_standins import (
    EVOLUTION_KEY,
    GOWA_KEY,
    EvolutionWorld,
    GowaWorld,
    serving_evolution,
    serving_gowa,
)
from tests.live.waha_standin import DOCUMENT, KEY, WahaWorld, misfits, serving_waha
from tests.whatsapp.live.gateway_samples import DATA, beside
from wa_pipeline.errors import (
    BadSetting,
    GatewayBusy,
    GatewayError,
    GatewayHasNoFile,
    GatewayHasNoQr,
    GatewayRefusesKey,
    GatewayStrange,
    GatewayUnreachable,
)
from wa_pipeline.gateways import Gateway, GroupListed, MessageKey, open_gateway
from wa_pipeline.gateways.http import Http
from wa_pipeline.gateways.waha import PAGE, Waha
from wa_pipeline.settings import Settings, load_settings


@pytest.fixture
def waha() -> Iterator[WahaWorld]:
    with serving_waha() as world:
        yield world


@pytest.fixture
def evolution() -> Iterator[EvolutionWorld]:
    with serving_evolution() as world:
        yield world


@pytest.fixture
def gowa() -> Iterator[GowaWorld]:
    with serving_gowa() as world:
        yield world


def client(kind: str, server: Serving, key: str, session: str = "default") -> Gateway:
    about = {"gateway": kind, "gateway_url": server.url, "gateway_key": key, "gateway_session": session}
    found = open_gateway(Settings.model_validate(about))
    assert found is not None
    return found


@beside
def test_waha_lists_its_groups_page_by_page(waha: WahaWorld) -> None:
    waha.groups = [{"id": f"1203630{n:05d}@g.us", "subject": f"Group {n}"} for n in range(2 * PAGE + 3)]
    with closing(client("waha", waha.server, KEY)) as gateway:
        found = gateway.groups()
    assert found == [GroupListed(group["id"], group["subject"]) for group in waha.groups]
    assert len(waha.server.asked) == 3
    assert waha.wrong == []


@beside
@pytest.mark.parametrize(
    "group",
    [
        {"id": "1@g.us", "subject": "Choir", "subjectTime": 1700000000},
        {"id": {"_serialized": "1@g.us", "server": "g.us", "user": "1"}, "groupMetadata": {"subject": "Choir"}},
        {"JID": "1@g.us", "Name": "Choir", "id": "1@g.us"},
    ],
)
def test_waha_names_its_groups_in_the_way_of_its_engine(waha: WahaWorld, group: dict[str, Any]) -> None:
    waha.groups = [group, {"id": "49170@c.us", "subject": "a person"}]
    with closing(client("waha", waha.server, KEY)) as gateway:
        [found] = gateway.groups()
    assert (found.jid, found.name) == ("1@g.us", "Choir")


@beside
def test_waha_shows_its_code_only_while_it_waits_for_it(waha: WahaWorld) -> None:
    with closing(client("waha", waha.server, KEY)) as gateway:
        assert gateway.session() == ("connected", "4915510000001", "Ann", "WORKING")
        for status in ("WORKING", "STARTING", "STOPPED", "FAILED"):
            waha.status = status
            with pytest.raises(GatewayHasNoQr, match=status):
                gateway.qr()
        waha.status = "SCAN_QR_CODE"
        assert gateway.qr() == (waha.qr, None)
    assert waha.wrong == []


@beside
def test_a_session_that_waha_does_not_have_is_said_so(waha: WahaWorld) -> None:
    with (
        closing(client("waha", waha.server, KEY, "other")) as gateway,
        pytest.raises(GatewayError, match="WA_GATEWAY_SESSION"),
    ):
        gateway.groups()


def test_evolution_lists_its_groups_and_shows_its_code(evolution: EvolutionWorld) -> None:
    evolution.groups = [
        {"id": "1@g.us", "subject": "Choir", "subjectTime": 1700000000, "size": 3},
        {"id": "2@g.us", "subject": "", "size": 2},
    ]
    with closing(client("evolution", evolution.server, EVOLUTION_KEY, "home")) as gateway:
        first, second = gateway.groups()
        assert (first.jid, first.name, second) == ("1@g.us", "Choir", ("2@g.us", None, None))
        assert first.named_at is not None
        assert gateway.session().status == "connected"
        with pytest.raises(GatewayHasNoQr, match="open"):
            gateway.qr()
        evolution.state = "close"
        assert gateway.session().status == "disconnected"
        assert gateway.qr().code == evolution.qr
        evolution.files = {"STANZA": b"bytes"}
        assert gateway.resend(MessageKey("1@g.us", "STANZA")) == b"bytes"
        with pytest.raises(GatewayHasNoFile, match="Message not found"):
            gateway.resend(MessageKey("1@g.us", "OTHER"))


def test_gowa_lists_its_groups_and_shows_its_code_as_a_picture(gowa: GowaWorld) -> None:
    gowa.groups = [{"JID": "1@g.us", "Name": "Choir", "NameSetAt": "2024-10-11T21:27:29+07:00", "Participants": []}]
    with closing(client("gowa", gowa.server, GOWA_KEY)) as gateway:
        [found] = gateway.groups()
        assert (found.jid, found.name) == ("1@g.us", "Choir")
        assert found.named_at is not None
        assert gateway.session().status == "disconnected"
        code, until = gateway.qr()
        assert code.startswith("data:image/png;base64,")
        assert until is not None
        gowa.devices = [{"name": "Ann", "device": "4915510000001.0:64@s.whatsapp.net"}]
        assert gateway.session()[:3] == ("connected", "4915510000001", "Ann")
        again = gateway.resend(MessageKey("1@g.us", "STANZA"))
    assert getattr(again, "url", None) == f"{gowa.server.url}/statics/media/again.jpeg"


@pytest.mark.parametrize(
    ("kind", "url", "path"),
    [
        ("waha", "http://localhost:3000/api/files/default/a.jpeg", "/api/files/default/a.jpeg"),
        ("waha", "http://evil.example/api/files/default/a.jpeg", "/api/files/default/a.jpeg"),
        ("waha", "http://evil.example/elsewhere", None),
        ("waha", "http://localhost:3000/api/files/../sessions", None),
        ("evolution", "http://gateway.test:8080/store/a.jpeg", "/store/a.jpeg"),
        ("evolution", "http://evil.example/store/a.jpeg", None),
        ("gowa", "statics/media/a.jpeg", "/statics/media/a.jpeg"),
        ("gowa", "http://evil.example/statics/media/a.jpeg", "/statics/media/a.jpeg"),
        ("gowa", "statics/../app/logout", None),
        ("gowa", "app/logout", None),
    ],
)
def test_the_key_goes_to_the_gateway_and_nowhere_else(kind: str, url: str, path: str | None) -> None:
    base = "http://gateway.test:8080"
    gateway = open_gateway(Settings.model_validate({"gateway": kind, "gateway_url": base, "gateway_key": "key"}))
    assert gateway is not None
    with closing(gateway):
        found = gateway.media(url)
    assert (found.url if found else None) == (base + path if path else None)
    assert "key" not in repr(found)


HTML = Answer(200, b"<html>sign in</html>", "text/html")
BUSY = Answer(503, {"message": "starting"})


def asking(server: Serving, pauses: list[float]) -> Waha:
    return Waha(Http(server.url, {"X-Api-Key": "k3y of a test"}, seconds=0.4, sleep=pauses.append), "default")


@pytest.mark.parametrize(
    ("answers", "error", "says"),
    [
        ([BUSY] * 3, GatewayBusy, "503"),
        ([Answer(429, {}, headers=(("Retry-After", "900"),))], GatewayBusy, "429"),
        ([HTML], GatewayStrange, "a web page"),
        ([Answer(200, b"{")], GatewayStrange, "no JSON document"),
        ([Answer(200, {"error": "x"})], GatewayStrange, "no list of groups"),
        ([Answer(401, {})], GatewayRefusesKey, "WA_GATEWAY_KEY"),
        ([Answer(403, b"no")], GatewayRefusesKey, "403"),
        ([Answer(404, {"message": "Session not found"})], GatewayError, "Session not found"),
        ([Answer(302, b"", headers=(("Location", "http://evil.example/"),))], GatewayStrange, "another address"),
    ],
)
def test_an_ill_gateway_ends_in_one_sentence(answers: list[Answer], error: type[Exception], says: str) -> None:
    with serving(lambda _: Answer(500, {})) as server:
        server.ill = list(answers)
        with closing(asking(server, [])) as gateway, pytest.raises(error, match=says) as raised:
            gateway.groups()
        assert server.ill == []
    told = str(raised.value)
    assert "\n" not in told
    assert "k3y" not in told


def test_what_passes_is_tried_again_after_the_pause_it_asks_for() -> None:
    with serving(lambda _: Answer(200, [])) as server:
        server.ill = [BUSY, Answer(429, {}, headers=(("Retry-After", "7"),))]
        pauses: list[float] = []
        with closing(asking(server, pauses)) as gateway:
            assert gateway.groups() == []
    assert pauses == [0.5, 7.0]


def test_a_gateway_that_is_down_or_silent_is_not_waited_for() -> None:
    with serving(lambda _: Answer(200, [])) as server:
        server.slow = 1.5
        began = time.monotonic()
        with closing(asking(server, [])) as gateway, pytest.raises(GatewayUnreachable, match="in time"):
            gateway.groups()
        assert time.monotonic() - began < 10
    with closing(asking(server, [])) as gateway, pytest.raises(GatewayUnreachable, match="nobody answers"):
        gateway.groups()


def test_the_settings_name_a_gateway_and_its_address(monkeypatch: pytest.MonkeyPatch, wa_home: object) -> None:
    assert open_gateway(Settings()) is None
    monkeypatch.setenv("WA_GATEWAY", "waha")
    with pytest.raises(BadSetting, match="WA_GATEWAY_URL"):
        load_settings()
    monkeypatch.setenv("WA_GATEWAY_URL", "localhost:3000")
    with pytest.raises(BadSetting, match="http"):
        load_settings()
    monkeypatch.setenv("WA_GATEWAY_URL", "http://localhost:3000/")
    assert load_settings().gateway_session == "default"
    monkeypatch.setenv("WA_GATEWAY", "telegram")
    with pytest.raises(BadSetting, match="WA_GATEWAY"):
        load_settings()


@beside
def test_what_the_readme_tells_waha_is_of_the_documents_form() -> None:
    readme = (DATA.parents[1] / "README.md").read_text(encoding="utf-8")
    told = re.search(r"-d '\n(\{.*?\})'\n", readme, re.DOTALL)
    assert told
    body = json.loads(told[1])
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    assert list(misfits(document, {"$ref": "#/components/schemas/SessionCreateRequest"}, body, "body")) == []
    known = document["components"]["schemas"]["WAHAWebhookMessage"]["properties"]["event"]["enum"]
    assert set(body["config"]["webhooks"][0]["events"]) <= set(known)
