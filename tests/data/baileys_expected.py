"""What the shared Baileys sample must become, written by hand: one row a message, nothing for edits and reactions."""

from __future__ import annotations

from typing import NamedTuple

GROUP = "120363025246125486@g.us"
ALICE, BOB, ME = "447700900001@s.whatsapp.net", "447700900002@s.whatsapp.net", "447700900999@s.whatsapp.net"
LID = "111222333444555@lid"
DINNER = "c8448a36ea9084a731f91e8d04c4e53af9918b33cf34ce754458e609974d0d13"


class Row(NamedTuple):
    """A message as it stands in the end."""

    stanza: str
    kind: str
    subkind: str | None
    text: str | None
    sender: str
    parent: str | None = None
    edited: bool = False
    deleted: bool = False


ROWS = [
    Row("3A0000000000000000A1", "text", None, "Dinner on Saturday at 8? 🍕", ALICE, edited=True),
    Row("3EB0AAAAAAAAAAAAAA02", "text", None, "Yes please", BOB, "3A0000000000000000A1", deleted=True),
    Row("3EB0AAAAAAAAAAAAAA03", "text", None, "@447700900002 bring wine https://example.org/wine", ALICE),
    Row("3A0000000000000000A4", "text", None, "this will vanish", ALICE),
    Row("3A0000000000000000A5", "text", None, "from a LID-addressed group", LID),
    Row("3A0000000000000000B1", "image", None, "Menu from last time", ALICE),
    Row("3EB0AAAAAAAAAAAAAAB2", "image", None, None, BOB),
    Row("3A0000000000000000B3", "video", None, None, ALICE),
    Row("3A0000000000000000B4", "audio", "voice", None, BOB),
    Row("3A0000000000000000B5", "doc", None, "please read", ALICE),
    Row("3A0000000000000000B6", "image", "sticker", None, BOB),
    Row("3A0000000000000000B7", "image", None, None, BOB, "3A0000000000000000B1"),
    Row("3A0000000000000000C1", "other", "location", "St Paul’s\nLondon", ALICE),
    Row("3A0000000000000000C2", "other", "live_location", "on my way", ALICE),
    Row("3A0000000000000000C3", "other", "contact", "Plumber\n+44 7700 900123", BOB),
    Row("3A0000000000000000C4", "other", "poll", "Which day?\nFri\nSat", ALICE),
    Row("3A0000000000000000D0", "other", "album", None, ALICE),
    Row("3A0000000000000000D1", "image", None, "Menu from last time", ALICE, "3A0000000000000000D0"),
    Row("3A0000000000000000D2", "image", None, None, ALICE, "3A0000000000000000D0"),
    Row("3EB0CCCCCCCCCCCCCCE1", "text", None, "sent by me from the phone", ME),
    Row("STUBSUBJ1", "other", "system", "changed the subject to “Friday Dinner Club 🍝”", ALICE),
    Row("STUBADD1", "other", "system", "added 447700900003", ALICE),
    Row("3A0000000000000000F0", "other", "undecryptable", None, BOB),
]
NAME = "Friday Dinner Club 🍝"
VERSIONS = {"3A0000000000000000A1": ["Dinner on Friday at 7? 🍕"]}
REACTIONS = {("3A0000000000000000B1", ALICE): ""}
