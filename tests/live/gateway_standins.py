"""Stand-ins for Evolution API and GOWA by the shapes their documents show."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.live.gateway_server import Answer, Asked, Serving, serving

EVOLUTION_KEY = "evolution key of a test"
GOWA_KEY = "ann:a password of a test"
PICTURE = b"\x89PNG\r\n\x1a\n of a code"


@dataclass
class EvolutionWorld:
    groups: list[dict[str, Any]] = field(default_factory=list)
    state: str = "open"
    qr: str = "2@evolution,code"
    files: dict[str, bytes] = field(default_factory=dict)
    server: Serving = field(init=False)


@contextmanager
def serving_evolution() -> Iterator[EvolutionWorld]:
    world = EvolutionWorld()

    def answer(asked: Asked) -> Answer:
        if asked.headers.get("apikey") != EVOLUTION_KEY:
            return Answer(401, {"status": 401, "error": "Unauthorized", "response": {"message": "Unauthorized"}})
        if asked.path == "/group/fetchAllGroups/home":
            # The parameter is required there.
            known = asked.query.get("getParticipants") in ("true", "false")
            return Answer(200, world.groups) if known else Answer(400, {"error": "Bad Request"})
        state = {"instance": {"instanceName": "home", "state": world.state}}
        if asked.path == "/instance/connectionState/home":
            return Answer(200, state)
        if asked.path == "/instance/connect/home":
            code = {"pairingCode": None, "code": world.qr, "base64": "data:image/png;base64,AAAA", "count": 1}
            return Answer(200, state if world.state == "open" else code)
        if asked.path == "/chat/getBase64FromMediaMessage/home" and asked.method == "POST":
            found = world.files.get(asked.body["message"]["key"]["id"])
            if found is None:
                refusal = {"message": ["Message not found"]}
                return Answer(400, {"status": 400, "error": "Bad Request", "response": refusal})
            return Answer(201, {"mimetype": "image/png", "base64": base64.b64encode(found).decode()})
        return Answer(404, {"status": 404, "error": "Not Found"})

    with serving(answer) as server:
        world.server = server
        yield world


@dataclass
class GowaWorld:
    groups: list[dict[str, Any]] = field(default_factory=list)
    devices: list[dict[str, str]] | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    server: Serving = field(init=False)


@contextmanager
def serving_gowa() -> Iterator[GowaWorld]:
    world = GowaWorld()

    def answer(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Basic " + base64.b64encode(GOWA_KEY.encode()).decode():
            return Answer(401, b"Unauthorized", "text/plain")
        if asked.path == "/statics/images/qrcode/scan-qr-1.png":
            return Answer(200, PICTURE, "image/png")
        if asked.path.startswith("/statics/media/") and (file := world.files.get(asked.path.rpartition("/")[2])):
            return Answer(200, file, "image/jpeg")
        results: dict[str, Any] = {
            "/user/my/groups": {"data": world.groups},
            "/app/devices": world.devices,
            "/app/login": {
                "qr_duration": 30,
                "qr_link": "http://localhost:3000/statics/images/qrcode/scan-qr-1.png",
            },
            "/message/STANZA/download": {"file_path": "statics/media/again.jpeg", "media_type": "image"},
        }
        if asked.path not in results:
            return Answer(404, {"code": "NOT_FOUND", "message": "no such page", "results": None})
        return Answer(200, {"code": "SUCCESS", "message": "Success", "results": results[asked.path]})

    with serving(answer) as server:
        world.server = server
        yield world
