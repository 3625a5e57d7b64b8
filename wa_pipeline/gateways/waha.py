"""WAHA: `X-Api-Key`, addresses below /api, sessions by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit

from wa_pipeline.errors import GatewayHasNoQr, GatewayRefused, GatewayStrange
from wa_pipeline.gateways.http import Http, asking_for_a_file
from wa_pipeline.gateways.interface import Address, Gateway, GroupListed, MessageKey, Qr, SessionState, Status
from wa_pipeline.whatsapp.baileys.values import mapping, moment, text
from wa_pipeline.whatsapp.jids import PHONE, jid_of, kind_of_jid

PAGE: Final = 200
_MOST_PAGES: Final = 500
_STATUSES: Final[dict[str, Status]] = {
    "WORKING": "connected",
    "STARTING": "connecting",
    "SCAN_QR_CODE": "connecting",
    "PASSKEY_REQUIRED": "connecting",
    "PASSKEY_CONFIRMATION_REQUIRED": "connecting",
}
_FILES: Final = "/api/files/"


class Waha(Gateway):
    kind: ClassVar[str] = "waha"

    def __init__(self, http: Http, session: str) -> None:
        self._http, self._session = http, quote(session, safe="")

    def groups(self) -> list[GroupListed]:
        found: dict[str, GroupListed] = {}
        for page in range(_MOST_PAGES):
            query: dict[str, str | int] = {"limit": PAGE, "offset": page * PAGE, "sortBy": "id", "sortOrder": "asc"}
            items = _items(self._http.get(f"/api/{self._session}/groups", {**query, "exclude": "participants"}))
            if items is None:
                raise GatewayStrange(where=self._http.where, reason="it is no list of groups")
            fresh = {group.jid: group for group in map(_group, items) if group and group.jid not in found}
            found |= fresh
            # An engine that knows no pages gives everything each time.
            if len(items) < PAGE or not fresh:
                break
        return list(found.values())

    def session(self) -> SessionState:
        told = mapping(self._http.get(f"/api/sessions/{self._session}"))
        word = text(told.get("status"))
        if word is None:
            raise GatewayStrange(where=self._http.where, reason="it says no status")
        me = mapping(told.get("me"))
        number = (jid_of(me.get("id")) or "").partition("@")[0]
        return SessionState(_STATUSES.get(word, "disconnected"), number or None, text(me.get("pushName")), word)

    def qr(self) -> Qr:
        state = self.session()
        if state.told != "SCAN_QR_CODE":
            raise GatewayHasNoQr(where=self._http.where, reason=f"its session is {state.told}")
        try:
            told = mapping(self._http.get(f"/api/{self._session}/auth/qr", {"format": "raw"}))
        except GatewayRefused as refused:
            raise GatewayHasNoQr(where=self._http.where, reason=refused.facts["reason"]) from None
        code = text(told.get("value"))
        if code is None:
            raise GatewayStrange(where=self._http.where, reason="it holds no code")
        return Qr(code)

    def media(self, url: str) -> Address | None:
        path = urlsplit(url).path
        found = path.find(_FILES)
        if found < 0 or ".." in path.split("/"):
            return None
        return Address(self._http.base + path[found:], self._http.headers)

    def resend(self, message: MessageKey) -> Address | bytes | None:
        chat = quote(_theirs(message.chat), safe="")
        path = f"/api/{self._session}/chats/{chat}/messages/{quote(message_id(message), safe='')}"
        with asking_for_a_file():
            told = mapping(self._http.get(path, {"downloadMedia": "true"}))
        url = text(mapping(told.get("media")).get("url"))
        return self.media(url) if url else None

    def close(self) -> None:
        self._http.close()


def message_id(message: MessageKey) -> str:
    """WAHA's own name of a message: `false_<chat>_<stanza>`, in a group with its sender behind."""
    parts = ["true" if message.from_me else "false", _theirs(message.chat), message.stanza]
    return "_".join(parts + ([_theirs(message.participant)] if message.participant else []))


def _theirs(jid: str) -> str:
    return jid.replace("@" + PHONE, "@c.us")


def _items(told: object) -> list[object] | None:
    """A list of groups, or a map of them by id, as some engines give it."""
    if isinstance(told, list):
        return told
    if isinstance(told, dict) and all(isinstance(group, dict) for group in told.values()):
        return [{"id": jid, **group} for jid, group in told.items()]
    return None


def _group(item: object) -> GroupListed | None:
    """The names of a group's fields differ by engine: the document leaves the answer open."""
    group = mapping(item)
    meta = mapping(group.get("groupMetadata"))
    jid = jid_of(group.get("id")) or jid_of(group.get("JID")) or jid_of(meta.get("id"))
    if jid is None or kind_of_jid(jid) != "group":
        return None
    named = (_first(told, "subject", "Name", "name") for told in (group, meta))
    since = moment(group.get("subjectTime")) or moment(meta.get("subjectTime"))
    return GroupListed(jid, next(filter(None, named), None), since)


def _first(told: Mapping[str, object], *names: str) -> str | None:
    return next(filter(None, (text(told.get(name)) for name in names)), None)
