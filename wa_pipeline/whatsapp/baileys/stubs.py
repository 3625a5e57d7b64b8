"""Stubs: what WhatsApp itself says in a chat, as the number Baileys gives it, made into a line one can search for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from wa_pipeline.whatsapp.baileys.values import mapping
from wa_pipeline.whatsapp.jids import normalise_jid

REVOKE, CIPHERTEXT, SUBJECT = 1, 2, 21

NAMES: Final = {
    "REVOKE": REVOKE,
    "CIPHERTEXT": CIPHERTEXT,
    "GROUP_CREATE": 20,
    "GROUP_CHANGE_SUBJECT": SUBJECT,
    "GROUP_CHANGE_ICON": 22,
    "GROUP_CHANGE_INVITE_LINK": 23,
    "GROUP_CHANGE_DESCRIPTION": 24,
    "GROUP_CHANGE_RESTRICT": 25,
    "GROUP_CHANGE_ANNOUNCE": 26,
    "GROUP_PARTICIPANT_ADD": 27,
    "GROUP_PARTICIPANT_REMOVE": 28,
    "GROUP_PARTICIPANT_PROMOTE": 29,
    "GROUP_PARTICIPANT_DEMOTE": 30,
    "GROUP_PARTICIPANT_INVITE": 31,
    "GROUP_PARTICIPANT_LEAVE": 32,
    "GROUP_PARTICIPANT_CHANGE_NUMBER": 33,
    "CALL_MISSED_VOICE": 40,
    "CALL_MISSED_VIDEO": 41,
}
_SENTENCES: Final = {
    20: "created the group “{0}”",
    SUBJECT: "changed the subject to “{0}”",
    22: "changed the group's picture",
    23: "changed the group's invite link",
    24: "changed the group's description: {0}",
    25: "changed who can edit the group",
    26: "changed who can write in the group",
    27: "added {people}",
    28: "removed {people}",
    29: "made {people} admin",
    30: "took admin rights from {people}",
    31: "invited {people}",
    32: "{people} left",
    33: "{people} changed their number",
    40: "missed voice call",
    41: "missed video call",
}
_CALLS: Final = frozenset({40, 41})


def subkind_of(stub: int) -> str:
    """call for missed calls, system for everything else."""
    return "call" if stub in _CALLS else "system"


def sentence_of(stub: int, parameters: Sequence[object]) -> str | None:
    """The stub in words, None where its number is not known. `parameters`: messageStubParameters."""
    pattern = _SENTENCES.get(stub)
    if pattern is None:
        return None
    values = [str(value) for value in parameters]
    people = ", ".join(filter(None, map(person, parameters)))
    return pattern.format(*(values or [""]), people=people).strip()


def person(value: object) -> str:
    """The user part of a participant: a JID, or JSON with one in it."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return ""
    if isinstance(value, dict):
        value = mapping(value).get("phoneNumber") or value.get("id")
    return normalise_jid(value).partition("@")[0] if isinstance(value, str) else ""
