"""GOWA: a name and a password, answers in `{code, message, results}`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit

from wa_pipeline.errors import GatewayHasNoQr, GatewayRefused, GatewayStrange
from wa_pipeline.gateways.http import Http, asking_for_a_file
from wa_pipeline.gateways.interface import Address, Gateway, GroupListed, MessageKey, Qr, SessionState
from wa_pipeline.whatsapp.baileys.values import mapping, number, text
from wa_pipeline.whatsapp.jids import jid_of, kind_of_jid

_FILES: Final = "statics/"


class Gowa(Gateway):
    kind: ClassVar[str] = "gowa"

    def __init__(self, http: Http) -> None:
        self._http = http

    def groups(self) -> list[GroupListed]:
        told = mapping(self._results("/user/my/groups")).get("data")
        if not isinstance(told, list):
            raise GatewayStrange(where=self._http.where, reason="it is no list of groups")
        found = {}
        for group in map(mapping, told):
            jid = jid_of(group.get("JID"))
            if jid and kind_of_jid(jid) == "group":
                found[jid] = GroupListed(jid, text(group.get("Name")), _instant(group.get("NameSetAt")))
        return list(found.values())

    def session(self) -> SessionState:
        """Who is logged in: the first of its devices; none is what it answers when nobody is."""
        told = self._results("/app/devices")
        if told is None:
            return SessionState("disconnected", told="logged out")
        if not isinstance(told, list):
            raise GatewayStrange(where=self._http.where, reason="it is no list of devices")
        for device in map(mapping, told):
            jid = jid_of(device.get("device"))
            if jid:
                return SessionState("connected", jid.partition("@")[0], text(device.get("name")), "logged in")
        return SessionState("disconnected", told="logged out")

    def qr(self) -> Qr:
        """The code is a picture on the gateway, given on as a data URL."""
        try:
            told = mapping(self._results("/app/login"))
        except GatewayRefused as refused:
            raise GatewayHasNoQr(where=self._http.where, reason=refused.facts["reason"]) from None
        address = self.media(text(told.get("qr_link")) or "")
        if address is None:
            raise GatewayHasNoQr(where=self._http.where, reason="it gave none")
        picture = self._http.ask("GET", urlsplit(address.url).path.removeprefix(urlsplit(self._http.base).path))
        if not picture.startswith(b"\x89PNG"):
            raise GatewayStrange(where=self._http.where, reason="its QR code is no picture")
        seconds = number(told.get("qr_duration"))
        until = datetime.now(UTC) + timedelta(seconds=seconds) if seconds and 0 < seconds < 3600 else None
        return Qr("data:image/png;base64," + base64.b64encode(picture).decode(), until)

    def media(self, url: str) -> Address | None:
        path = urlsplit(url).path.lstrip("/")
        found = path.find(_FILES)
        # A base address may have a path of its own before it.
        if found < 0 or ".." in path.split("/") or (found and path[found - 1] != "/"):
            return None
        return Address(f"{self._http.base}/{path[found:]}", self._http.headers)

    def resend(self, message: MessageKey) -> Address | bytes | None:
        with asking_for_a_file():
            told = mapping(
                self._results(f"/message/{quote(message.stanza, safe='')}/download", {"phone": message.chat})
            )
        return self.media(text(told.get("file_path")) or text(told.get("file_url")) or "")

    def close(self) -> None:
        self._http.close()

    def _results(self, path: str, query: Mapping[str, str] | None = None) -> object:
        told = self._http.get(path, query)
        if not isinstance(told, Mapping) or "results" not in told:
            raise GatewayStrange(where=self._http.where, reason="it has no results")
        return told["results"]


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found and found.tzinfo and found.year >= 1970 else None
    except (ValueError, OverflowError):
        return None
