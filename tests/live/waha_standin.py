"""A stand-in for WAHA made from its OpenAPI document: its routes, what a request may hold, what an answer must hold.

A route the document lacks is 404; a request it does not allow is 400 and noted in `wrong`, as is an answer of ours that
is not of the document's form. So a client that passes here asks only for what is documented. Where the document is not
beside the repository, the routes below are served unlooked at: what is then told apart is only what the archive does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.live.gateway_server import Answer, Asked, Serving, serving
from tests.whatsapp.live.gateway_samples import SHARED

KEY = "waha key of a test"
DOCUMENT = SHARED / "waha" / "openapi.json"
GROUPS, SESSION, CODE = "/api/{session}/groups", "/api/sessions/{session}", "/api/{session}/auth/qr"
MESSAGE = "/api/{session}/chats/{chatId}/messages/{messageId}"
WITHOUT_DOCUMENT: dict[str, Any] = {
    "paths": {path: {"get": {"security": [{"api_key": []}]}} for path in (GROUPS, SESSION, CODE, MESSAGE)},
    "components": {"securitySchemes": {"api_key": {"name": "X-Api-Key"}}},
}


@dataclass
class WahaWorld:
    """What the stand-in knows. `groups` as WAHA gives them; `status` of the session; `qr` the code it shows; `files` by
    name; `messages`: the file's name by message id, None where WAHA could not get it."""

    groups: list[dict[str, Any]] = field(default_factory=list)
    status: str = "WORKING"
    me: dict[str, str] | None = field(default_factory=lambda: {"id": "4915510000001@c.us", "pushName": "Ann"})
    qr: str = "2@code,of,a,test"
    files: dict[str, bytes] = field(default_factory=dict)
    messages: dict[str, str | None] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    server: Serving = field(init=False)


@contextmanager
def serving_waha() -> Iterator[WahaWorld]:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8")) if DOCUMENT.is_file() else WITHOUT_DOCUMENT
    world = WahaWorld()
    with serving(lambda asked: _answer(document, world, asked)) as server:
        world.server = server
        yield world


def _answer(document: dict[str, Any], world: WahaWorld, asked: Asked) -> Answer:
    if asked.path.startswith("/api/files/"):
        return _file(world, asked)
    found = _route(document, asked)
    if found is None:
        return Answer(404, {"message": f"Cannot {asked.method} {asked.path}", "statusCode": 404})
    template, operation, values = found
    scheme = document["components"]["securitySchemes"]["api_key"]
    if operation.get("security") and asked.headers.get(scheme["name"].lower()) != KEY:
        return Answer(401, {"message": "Unauthorized", "statusCode": 401})
    if wrong := list(_wrong_query(operation, asked)) if document is not WITHOUT_DOCUMENT else []:
        world.wrong += wrong
        return Answer(400, {"message": wrong, "statusCode": 400})
    if values.get("session", "default") != "default":
        return Answer(404, {"message": "Session not found", "statusCode": 404})
    answer = _content(world, template, values, asked)
    if answer.status == 200 and document is not WITHOUT_DOCUMENT:
        world.wrong += _wrong_answer(document, operation, answer.body)
    return answer


def _route(document: dict[str, Any], asked: Asked) -> tuple[str, dict[str, Any], dict[str, str]] | None:
    for template, operations in document["paths"].items():
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        match = re.fullmatch(pattern, asked.path)
        if match and asked.method.lower() in operations:
            return template, operations[asked.method.lower()], match.groupdict()
    return None


def _wrong_query(operation: dict[str, Any], asked: Asked) -> Iterator[str]:
    known = {each["name"]: each for each in operation.get("parameters", ()) if each["in"] == "query"}
    yield from (f"property {name} should not exist" for name in asked.query.keys() - known.keys())
    for name, parameter in known.items():
        if name not in asked.query:
            if parameter.get("required"):
                yield f"{name} is missing"
            continue
        schema = parameter["schema"].get("items", parameter["schema"])
        value = asked.query[name]
        if schema.get("type") == "number" and not re.fullmatch(r"\d+", value):
            yield f"{name} must be a number"
        if schema.get("type") == "boolean" and value not in ("true", "false"):
            yield f"{name} must be a boolean"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{name} must be one of {schema['enum']}"


def _file(world: WahaWorld, asked: Asked) -> Answer:
    """Files lie behind the key, at addresses the document shows only in its examples."""
    if asked.headers.get("x-api-key") != KEY:
        return Answer(401, {"message": "Unauthorized", "statusCode": 401})
    found = world.files.get(asked.path.rpartition("/")[2])
    if found is None:
        return Answer(404, {"message": "Not Found", "statusCode": 404})
    return Answer(200, found, "application/octet-stream")


def _content(world: WahaWorld, template: str, values: dict[str, str], asked: Asked) -> Answer:
    if template == GROUPS:
        start, size = int(asked.query.get("offset", 0)), int(asked.query.get("limit", 10_000))
        return Answer(200, sorted(world.groups, key=lambda group: str(group["id"]))[start : start + size])
    if template == SESSION:
        about = {"name": "default", "presence": {}, "timestamps": {"activity": None}, "status": world.status}
        return Answer(200, about | ({"me": world.me} if world.me and world.status == "WORKING" else {}))
    if template == CODE:
        if world.status != "SCAN_QR_CODE":
            return Answer(422, {"message": "Can get QR code only in SCAN_QR_CODE status", "statusCode": 422})
        return Answer(200, {"value": world.qr})
    if template == MESSAGE:
        return _message(world, unquote(values["messageId"]))
    return Answer(501, {"message": "not in this stand-in"})


def _message(world: WahaWorld, name: str) -> Answer:
    if name not in world.messages:
        return Answer(404, {"message": "Message not found", "error": "Not Found", "statusCode": 404})
    file = world.messages[name]
    # As it knows itself, which is not where it is reached.
    media = {"url": f"http://localhost:3000/api/files/default/{file}", "mimetype": "image/png"} if file else {}
    from_me, chat, _, *sender = name.split("_")
    message = {
        "id": name, "timestamp": 1731000000, "from": chat, "fromMe": from_me == "true", "source": "app", "to": "",
        "participant": "".join(sender), "body": "", "hasMedia": True, "media": media, "mediaUrl": media.get("url", ""),
        "ack": 1, "ackName": "SERVER",
    }  # fmt: skip
    return Answer(200, message)


def _wrong_answer(document: dict[str, Any], operation: dict[str, Any], body: Any) -> list[str]:
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    # The document says `object` of the list of groups, which its engines give as a list.
    if schema == {"type": "object"}:
        return []
    return list(misfits(document, schema, body, "answer"))


def misfits(document: dict[str, Any], schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    """Where a value is not of the form the document says, one clause each."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        if not any(not list(misfits(document, each, value, where)) for each in schema["oneOf"]):
            yield f"{where} is none of its forms"
        return
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict, "array": list, "string": str, "number": (int, float), "boolean": bool,
    }  # fmt: skip
    kind = schema.get("type")
    if kind and not isinstance(value, kinds[kind]) and not (value is None and schema.get("nullable")):
        yield f"{where} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is none of {schema['enum']}"
    if isinstance(value, dict):
        required = schema.get("required", ())
        yield from (f"{where} lacks {name}" for name in required if isinstance(required, list) and name not in value)
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from misfits(document, inner, value[name], f"{where}.{name}")
