"""Friday Dinner Club: a group heard live, as a Baileys worker delivers it: replies, an edit, a deletion, reactions.

Exports carry no replies, so these show them. The deliveries come out of order on purpose, some of them twice.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

GROUP, NAME, EARLIER_NAME = "120363025246125486@g.us", "Friday Dinner Club", "Dinner on Fridays"
ALICE, BOB, CHIARA = "447700900001", "447700900002", "447700900003"
NAMES = {ALICE: "Alice", BOB: "Bob", CHIARA: "Chiara"}
# Chiara is also met under the number that WhatsApp gives people who hide theirs.
CHIARAS_LID = "111222333444555@lid"
BEGAN = datetime(2024, 4, 19, 16, 0, tzinfo=UTC)

Delivery = dict[str, object]


class Group:
    """A group being told: each method is one message, in the order they were written; minutes count from BEGAN."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []

    def say(self, name: str, minute: int, who: str, text: str, *, answers: str | None = None, to: str = "") -> None:
        """A text; `answers` is the id of the message it replies to, and `to` who wrote that."""
        if not answers:
            self._message(name, minute, who, {"conversation": text})
            return
        quoted = {"stanzaId": answers, "participant": f"{to}@s.whatsapp.net", "quotedMessage": {"conversation": "…"}}
        self._message(name, minute, who, {"extendedTextMessage": {"text": text, "contextInfo": quoted}})

    def show(self, name: str, minute: int, who: str, sha256: str, size: int, caption: str) -> None:
        """A picture whose bytes the archive has already: known by their hash, it is never fetched."""
        picture = {
            "url": "https://mmg.whatsapp.net/v/t62.7118-24/recipe.enc?ccb=11-4",
            "directPath": "/v/t62.7118-24/recipe.enc?ccb=11-4",
            "mimetype": "image/jpeg",
            "caption": caption,
            "fileSha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
            "fileEncSha256": base64.b64encode(bytes(32)).decode(),
            "mediaKey": base64.b64encode(bytes(32)).decode(),
            "fileLength": str(size),
        }
        self._message(name, minute, who, {"imageMessage": picture})

    def ask(self, name: str, minute: int, who: str, question: str, *answers: str) -> None:
        options = [{"optionName": answer} for answer in answers]
        poll = {"name": question, "options": options, "selectableOptionsCount": 1}
        self._message(name, minute, who, {"pollCreationMessageV3": poll})

    def edit(self, name: str, minute: int, who: str, of: str, text: str) -> None:
        edited = {"key": self._key(of, who), "type": "MESSAGE_EDIT", "editedMessage": {"conversation": text}}
        edited["timestampMs"] = str(_seconds(minute) * 1000)
        self._message(name, minute, who, {"protocolMessage": edited})

    def delete(self, name: str, minute: int, who: str, of: str) -> None:
        self._message(name, minute, who, {"protocolMessage": {"key": self._key(of, who), "type": "REVOKE"}})

    def react(self, name: str, minute: int, who: str, to: str, wrote: str, emoji: str) -> None:
        sent = str(_seconds(minute) * 1000)
        reaction = {"key": self._key(to, wrote), "text": emoji, "senderTimestampMs": sent}
        self._message(name, minute, who, {"reactionMessage": reaction})

    def rename(self, name: str, minute: int, who: str, subject: str) -> None:
        """As WhatsApp tells it in the chat: a line of its own."""
        message = {"key": self._key(name, who), "messageTimestamp": str(_seconds(minute))}
        self._deliver({**message, "messageStubType": "GROUP_CHANGE_SUBJECT", "messageStubParameters": [subject]})

    def _message(self, name: str, minute: int, who: str, content: Delivery) -> None:
        message = {"key": self._key(name, who), "message": content, "messageTimestamp": str(_seconds(minute))}
        self._deliver({**message, "pushName": NAMES[who]})

    def _deliver(self, message: Delivery) -> None:
        data = {"type": "notify", "messages": [message]}
        self.deliveries.append({"source": "baileys", "event": "messages.upsert", "data": data})

    def _key(self, name: str, who: str) -> Delivery:
        key: Delivery = {"remoteJid": GROUP, "fromMe": False, "id": name, "participant": f"{who}@s.whatsapp.net"}
        if who == CHIARA and name.endswith("L"):
            key |= {"participant": CHIARAS_LID, "participantAlt": f"{CHIARA}@s.whatsapp.net"}
        return key


def tell(recipe_sha256: str, recipe_bytes: int) -> list[Delivery]:
    """The deliveries in the order they arrive. The picture is one of the family's, whose export holds its bytes."""
    group = Group()
    group.rename("DINNER00", 0, ALICE, EARLIER_NAME)
    group.say("DINNER01", 1, ALICE, "Dinner on Friday at 7? 🍕")
    group.say("DINNER02", 3, BOB, "Yes please, if I may bring the artichokes", answers="DINNER01", to=ALICE)
    group.rename("DINNER03", 4, BOB, NAME)
    group.say("DINNER04L", 6, CHIARA, "Count me in, I will be late by one tram", answers="DINNER01", to=ALICE)
    group.ask("DINNER05", 8, ALICE, "Who makes dessert?", "Bob", "Chiara", "The bakery")
    group.show("DINNER06", 10, BOB, recipe_sha256, recipe_bytes, "From a friend in Haifa, untested")
    group.react("DINNER07L", 11, CHIARA, "DINNER06", BOB, "😋")
    group.say("DINNER08L", 12, CHIARA, "That one. I will bring saffron", answers="DINNER06", to=BOB)
    group.say("DINNER09", 14, BOB, "Is my casserole dish still at yours?")
    group.delete("DINNER10", 15, BOB, "DINNER09")
    group.say("DINNER11", 16, ALICE, "It is, I was hoping you had forgotten", answers="DINNER09", to=BOB)
    group.edit("DINNER12", 20, ALICE, "DINNER01", "Dinner on Saturday at 8? 🍕")
    group.say("DINNER13", 22, BOB, "Saturday is even better", answers="DINNER01", to=ALICE)
    group.react("DINNER14", 23, ALICE, "DINNER13", BOB, "👍")
    return _as_they_arrive(group.deliveries)


def expectations(deliveries: list[Delivery]) -> dict[str, object]:
    """What the archive must hold once they are interpreted, whatever the order: said here, not worked out."""
    return {
        "group": {"id": GROUP, "name": NAME},
        "deliveries": len({str(delivery) for delivery in deliveries}),
        "messages": 11,
        "edits": 1,
        "deletes": 1,
        "reactions": 2,
        "replies": 5,
        "aliases": {CHIARAS_LID: f"{CHIARA}@s.whatsapp.net"},
        "hits": [
            {"word": "artichokes", "text": "Yes please, if I may bring the artichokes", "answers": "DINNER01"},
            {"word": "saffron", "text": "That one. I will bring saffron", "answers": "DINNER06"},
            {"word": "Saturday at 8", "text": "Dinner on Saturday at 8? 🍕", "answers": None},
        ],
    }


def _as_they_arrive(told: list[Delivery]) -> list[Delivery]:
    """After a night without a network: the newest third first, and what was not acknowledged a second time."""
    late = len(told) * 2 // 3
    return [*told[late:], *told[:late], *told[2:4], told[-1]]


def _seconds(minute: int) -> int:
    return int((BEGAN + timedelta(minutes=minute)).timestamp())
