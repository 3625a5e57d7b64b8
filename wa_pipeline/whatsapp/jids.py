"""JIDs: WhatsApp's addresses, `user@server`, in the forms its libraries write them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

JidKind = Literal["group", "person", "lid", "newsletter", "broadcast", "other"]

PHONE: Final = "s.whatsapp.net"
_KINDS: Final[dict[str, JidKind]] = {
    "g.us": "group",
    PHONE: "person",
    "lid": "lid",
    "newsletter": "newsletter",
    "broadcast": "broadcast",
}
# A person's address may name a device (`:12`) and an agent (`_1` or `.0`); neither is part of who it is.
_DEVICE: Final = re.compile(r"^([^@:]*?)(?:[._]\d+)?(?::\d+)?$")


@lru_cache(maxsize=20_000)
def normalise_jid(text: str) -> str:
    """The JID without device and agent, its server in the spelling WhatsApp uses; unknown forms stay as they are."""
    user, at, server = text.strip().partition("@")
    if not at:
        return text.strip()
    server = server.lower()
    server = {"c.us": PHONE, "hosted": PHONE, "hosted.lid": "lid"}.get(server, server)
    if server in (PHONE, "lid"):
        match = _DEVICE.match(user)
        user = match[1] if match else user
    return f"{user}@{server}"


def jid_of(value: object) -> str | None:
    """A JID out of a payload: a string, or the map some libraries make of it; None for anything else."""
    if isinstance(value, str) and value.strip():
        return normalise_jid(value)
    if isinstance(value, dict):
        if isinstance(value.get("_serialized"), str):
            return normalise_jid(value["_serialized"])
        if isinstance(value.get("user"), str) and isinstance(value.get("server"), str):
            return normalise_jid(f"{value['user']}@{value['server']}")
    return None


def kind_of_jid(jid: str) -> JidKind:
    """What a normalised JID addresses."""
    return _KINDS.get(jid.rpartition("@")[2], "other")


def is_lid(jid: str | None) -> bool:
    return jid is not None and jid.endswith("@lid")


def is_phone(jid: str | None) -> bool:
    return jid is not None and jid.endswith("@" + PHONE)


def wa_msg_id(chat_id: str, stanza_id: str) -> str:
    """`<chat_jid>|<stanza_id>`: without the sender, who shows up as LID and as phone number."""
    return f"{chat_id}|{stanza_id}"


def person_and_alias(first: str | None, second: str | None) -> tuple[str | None, str | None]:
    """(sender, sender_alt) of the same person's two JIDs: the phone number first, where one of them is one."""
    if first is None or first == second:
        return second if first is None else first, None
    if is_phone(second) and not is_phone(first):
        return second, first
    return first, second
