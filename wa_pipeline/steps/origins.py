"""Where the bytes of a live file come from: along with the message, from the gateway, or from WhatsApp's CDN; and from
the gateway once more where that address is no longer good."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wa_pipeline.archive.media_fetch import Fetch
from wa_pipeline.gateways import Address, Gateway, MessageKey, open_gateway
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.download import DownloadFailed, Downloads, address_of
from wa_pipeline.whatsapp.decrypt import decrypt, media_keys
from wa_pipeline.whatsapp.jids import kind_of_jid

if TYPE_CHECKING:
    from wa_pipeline.sealing import Sealer

ASK_THE_GATEWAY = "only its gateway can give it: set WA_GATEWAY"
UNKNOWN = "its address is no longer known"


class Origins:
    """Reads files from wherever they are. Use `open_origins`."""

    def __init__(self, sealer: Sealer, downloads: Downloads, gateway: Gateway | None) -> None:
        self._sealer, self._downloads, self._gateway = sealer, downloads, gateway

    def write(self, fetch: Fetch, path: Path) -> None:
        """The plain bytes of a file into `path`. Raises `DownloadFailed`, `DecryptFailed` and `GatewayError`."""
        try:
            self._as_told(fetch, path)
        except DownloadFailed as failed:
            if not failed.expired or not self._once_more(fetch, path):
                raise

    def _as_told(self, fetch: Fetch, path: Path) -> None:
        """By the address and keys that came with the message."""
        if fetch.locator_enc is None:
            raise DownloadFailed(UNKNOWN, expired=True)
        locator: dict[str, str] = json.loads(self._sealer.open(fetch.locator_enc))
        if "inline" in locator:
            path.write_bytes(base64.b64decode(locator["inline"]))
        elif "resend" in locator:
            raise DownloadFailed(ASK_THE_GATEWAY, expired=True)
        elif (own := self._at_the_gateway(fetch, locator)) is not None:
            self._copy(own, path)
        elif "media_key" in locator:
            keys = media_keys(base64.b64decode(locator["media_key"]), locator.get("media_type", ""))
            with path.open("wb") as out:
                decrypt(self._downloads.pieces(address_of(locator)), keys, out, enc_sha256=locator.get("enc_sha256"))
        else:
            self._copy(Address(address_of(locator)), path)

    def _at_the_gateway(self, fetch: Fetch, locator: dict[str, str]) -> Address | None:
        """Where the gateway keeps the file itself, decrypted, if it told of it."""
        if self._gateway is None or fetch.source != self._gateway.kind or "media_key" in locator:
            return None
        return self._gateway.media(locator.get("url", ""))

    def _once_more(self, fetch: Fetch, path: Path) -> bool:
        """Asks the gateway for the file again; False where there is none, or it gives none."""
        message = message_key(fetch)
        if self._gateway is None or message is None:
            return False
        again = self._gateway.resend(message)
        if again is None:
            return False
        if isinstance(again, bytes):
            path.write_bytes(again)
        else:
            self._copy(again, path)
        return True

    def _copy(self, address: Address, path: Path) -> None:
        with path.open("wb") as out:
            for piece in self._downloads.pieces(address.url, own=address.headers):
                out.write(piece)


@contextmanager
def open_origins(ctx: Context) -> Iterator[Origins]:
    """Origins by the settings, their connections closed at the end."""
    hosts = frozenset(host.strip().lower() for host in ctx.settings.media_hosts.split(",") if host.strip())
    downloads, gateway = Downloads(hosts, ctx.settings.media_max_mb << 20), open_gateway(ctx.settings)
    try:
        yield Origins(ctx.sealer, downloads, gateway)
    finally:
        downloads.close()
        if gateway is not None:
            gateway.close()


def message_key(fetch: Fetch) -> MessageKey | None:
    """The message a file belongs to, as a gateway knows it: its sender under the JID it came with. None for a message
    that is known from an export alone, which has no id of WhatsApp's."""
    stanza = fetch.wa_msg_id.removeprefix(f"{fetch.chat_id}|")
    if stanza == fetch.wa_msg_id:
        return None
    sender = fetch.sender_lid or fetch.sender
    named = kind_of_jid(fetch.chat_id) == "group" and "@" in sender
    return MessageKey(fetch.chat_id, stanza, fetch.from_me, sender if named else None)
