"""Evolution API: `apikey`, addresses that end in the instance's name."""

from __future__ import annotations

import base64
import binascii
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit

from wa_pipeline.errors import GatewayHasNoQr, GatewayStrange
from wa_pipeline.gateways.http import Http, asking_for_a_file
from wa_pipeline.gateways.interface import Address, Gateway, GroupListed, MessageKey, Qr, SessionState, Status
from wa_pipeline.whatsapp.baileys.values import mapping, moment, text
from wa_pipeline.whatsapp.jids import jid_of, kind_of_jid

_STATUSES: Final[dict[str, Status]] = {"open": "connected", "connecting": "connecting", "close": "disconnected"}


class Evolution(Gateway):
    kind: ClassVar[str] = "evolution"

    def __init__(self, http: Http, session: str) -> None:
        self._http, self._instance = http, quote(session, safe="")

    def groups(self) -> list[GroupListed]:
        told = self._http.get(f"/group/fetchAllGroups/{self._instance}", {"getParticipants": "false"})
        if not isinstance(told, list):
            raise GatewayStrange(where=self._http.where, reason="it is no list of groups")
        found = {}
        for group in map(mapping, told):
            jid = jid_of(group.get("id"))
            if jid and kind_of_jid(jid) == "group":
                found[jid] = GroupListed(jid, text(group.get("subject")), moment(group.get("subjectTime")))
        return list(found.values())

    def session(self) -> SessionState:
        told = mapping(self._http.get(f"/instance/connectionState/{self._instance}"))
        return self._state(mapping(told.get("instance")).get("state"))

    def qr(self) -> Qr:
        told = mapping(self._http.get(f"/instance/connect/{self._instance}"))
        if code := text(told.get("code")) or text(mapping(told.get("qrcode")).get("code")):
            return Qr(code)
        state = mapping(told.get("instance")).get("state") or mapping(told.get("instance")).get("status")
        reason = f"its instance is {self._state(state).told}" if state else "it gave none; ask again in a moment"
        raise GatewayHasNoQr(where=self._http.where, reason=reason)

    def media(self, url: str) -> Address | None:
        parts, own = urlsplit(url), urlsplit(self._http.base)
        if parts.hostname != own.hostname or parts.port != own.port or ".." in parts.path.split("/"):
            return None
        query = f"?{parts.query}" if parts.query else ""
        return Address(f"{own.scheme}://{own.netloc}{parts.path}{query}", self._http.headers)

    def resend(self, message: MessageKey) -> Address | bytes | None:
        key = {"remoteJid": message.chat, "fromMe": message.from_me, "id": message.stanza}
        if message.participant:
            key["participant"] = message.participant
        body = {"message": {"key": key}, "convertToMp4": False}
        with asking_for_a_file():
            told = mapping(self._http.post(f"/chat/getBase64FromMediaMessage/{self._instance}", body))
        try:
            return base64.b64decode(text(told.get("base64")) or "", validate=True) or None
        except (binascii.Error, ValueError):
            return None

    def close(self) -> None:
        self._http.close()

    def _state(self, word: object) -> SessionState:
        told = text(word)
        if told is None or told not in _STATUSES:
            raise GatewayStrange(where=self._http.where, reason="it says no state of the instance")
        return SessionState(_STATUSES[told], told=told)
