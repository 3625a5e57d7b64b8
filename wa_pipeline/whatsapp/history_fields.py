"""The fields of WhatsApp's history that are read, by their numbers on the wire, under the names Baileys gives them.

A line is a message type, then `number name type` of each field: s text, y bytes, b yes or no, u and i numbers, d a
number with a fraction, a type's name for what is nested, `*` before what may come many times. Fields that are not
named are passed over, whatever they hold.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

FIELDS: Final = """
HistorySync: 1 syncType i, 2 conversations *Conversation, 7 pushnames *Pushname, 15 phoneNumberToLidMappings *Pair
Conversation: 1 id s, 2 messages *HistorySyncMsg, 13 name s, 38 displayName s, 39 pnJid s, 42 lidJid s
HistorySyncMsg: 1 message WebMessageInfo
Pushname: 1 id s, 2 pushname s
Pair: 1 pn s, 2 lid s
WebMessageInfo: 1 key Key, 2 message Content, 3 messageTimestamp u, 5 participant s, 19 pushName s, 24 messageStubType
  i, 26 messageStubParameters *s, 41 reactions *Reaction
Key: 1 remoteJid s, 2 fromMe b, 3 id s, 4 participant s
Reaction: 1 key Key, 2 text s, 4 senderTimestampMs i
Context: 1 stanzaId s, 2 participant s, 3 quotedMessage Content, 4 remoteJid s, 15 mentionedJid *s, 21 forwardingScore
  u, 22 isForwarded b, 25 expiration u
About: 10 messageAssociation Association
Association: 1 associationType i, 2 parentMessageKey Key
Wrapped: 1 message Content
Sent: 1 destinationJid s, 2 message Content
Protocol: 1 key Key, 2 type i, 14 editedMessage Content, 15 timestampMs i
Text: 1 text s, 2 matchedText s, 5 description s, 6 title s, 17 contextInfo Context, 30 viewOnce b
Image: 1 url s, 2 mimetype s, 3 caption s, 4 fileSha256 y, 5 fileLength u, 6 height u, 7 width u, 8 mediaKey y, 9
  fileEncSha256 y, 11 directPath s, 17 contextInfo Context, 25 viewOnce b
Video: 1 url s, 2 mimetype s, 3 fileSha256 y, 4 fileLength u, 5 seconds u, 6 mediaKey y, 7 caption s, 8 gifPlayback b,
  9 height u, 10 width u, 11 fileEncSha256 y, 13 directPath s, 17 contextInfo Context, 20 viewOnce b
Audio: 1 url s, 2 mimetype s, 3 fileSha256 y, 4 fileLength u, 5 seconds u, 6 ptt b, 7 mediaKey y, 8 fileEncSha256 y, 9
  directPath s, 17 contextInfo Context, 21 viewOnce b
Document: 1 url s, 2 mimetype s, 3 title s, 4 fileSha256 y, 5 fileLength u, 6 pageCount u, 7 mediaKey y, 8 fileName s,
  9 fileEncSha256 y, 10 directPath s, 17 contextInfo Context, 20 caption s
Sticker: 1 url s, 2 fileSha256 y, 3 fileEncSha256 y, 4 mediaKey y, 5 mimetype s, 6 height u, 7 width u, 8 directPath
  s, 9 fileLength u, 13 isAnimated b, 17 contextInfo Context
Place: 1 degreesLatitude d, 2 degreesLongitude d, 3 name s, 4 address s, 11 comment s, 17 contextInfo Context
Live: 1 degreesLatitude d, 2 degreesLongitude d, 6 caption s, 17 contextInfo Context
Contact: 1 displayName s, 16 vcard s, 17 contextInfo Context
Contacts: 1 displayName s, 2 contacts *Contact, 17 contextInfo Context
Poll: 2 name s, 3 options *Option, 5 contextInfo Context
Option: 1 optionName s
Event: 1 contextInfo Context, 3 name s, 4 description s, 5 location Place, 7 startTime i, 8 endTime i
Album: 2 expectedImageCount u, 3 expectedVideoCount u, 17 contextInfo Context
Invite: 1 groupJid s, 4 groupName s, 6 caption s, 7 contextInfo Context
Buttons: 1 text s, 6 contentText s, 7 footerText s, 8 contextInfo Context, 9 buttons *Button
Button: 2 buttonText ButtonText
ButtonText: 1 displayText s
Pressed: 2 selectedDisplayText s, 3 contextInfo Context
List: 1 title s, 2 description s, 3 buttonText s, 5 sections *Section, 7 footerText s, 8 contextInfo Context
Section: 1 title s, 2 rows *Row
Row: 1 title s, 2 description s
Chosen: 1 title s, 4 contextInfo Context, 5 description s
Template: 2 hydratedFourRowTemplate Hydrated, 3 contextInfo Context, 4 hydratedTemplate Hydrated
Hydrated: 2 hydratedTitleText s, 6 hydratedContentText s, 7 hydratedFooterText s
Interactive: 1 header Titled, 2 body Words, 3 footer Words, 15 contextInfo Context
Titled: 1 title s, 2 subtitle s
Words: 1 text s
Product: 1 product Row3, 5 body s, 6 footer s, 17 contextInfo Context
Row3: 3 title s, 4 description s
Order: 6 message s, 7 orderTitle s, 17 contextInfo Context
Note: 1 note s
Asked: 4 noteMessage Content
Paid: 2 noteMessage Content
Answer: 2 text s
Pack: 2 name s, 10 caption s, 11 contextInfo Context
Invited: 1 contextInfo Context, 3 title s, 6 caption s
Nothing:
Content: 1 conversation s, 2 senderKeyDistributionMessage Nothing, 3 imageMessage Image, 4 contactMessage Contact, 5
  locationMessage Place, 6 extendedTextMessage Text, 7 documentMessage Document, 8 audioMessage Audio, 9 videoMessage
  Video, 10 call Nothing, 12 protocolMessage Protocol, 13 contactsArrayMessage Contacts, 15
  fastRatchetKeySenderKeyDistributionMessage Nothing, 16 sendPaymentMessage Paid, 18 liveLocationMessage Live, 22
  requestPaymentMessage Asked, 25 templateMessage Template, 26 stickerMessage Sticker, 28 groupInviteMessage Invite,
  29 templateButtonReplyMessage Pressed, 30 productMessage Product, 31 deviceSentMessage Sent, 35 messageContextInfo
  About, 36 listMessage List, 37 viewOnceMessage Wrapped, 38 orderMessage Order, 39 listResponseMessage Chosen, 40
  ephemeralMessage Wrapped, 41 invoiceMessage Note, 42 buttonsMessage Buttons, 43 buttonsResponseMessage Pressed, 45
  interactiveMessage Interactive, 46 reactionMessage Reaction, 47 stickerSyncRmrMessage Nothing, 48
  interactiveResponseMessage Reply, 49 pollCreationMessage Poll, 50 pollUpdateMessage Nothing, 51 keepInChatMessage
  Nothing, 53 documentWithCaptionMessage Wrapped, 55 viewOnceMessageV2 Wrapped, 56 encReactionMessage Nothing, 58
  editedMessage Wrapped, 59 viewOnceMessageV2Extension Wrapped, 60 pollCreationMessageV2 Poll, 62
  groupMentionedMessage Wrapped, 63 pinInChatMessage Nothing, 64 pollCreationMessageV3 Poll, 66 ptvMessage Video, 67
  botInvokeMessage Wrapped, 69 callLogMesssage Nothing, 70 messageHistoryBundle Nothing, 71 encCommentMessage Nothing,
  74 lottieStickerMessage Wrapped, 75 eventMessage Event, 76 encEventResponseMessage Nothing, 77 commentMessage
  Wrapped, 80 placeholderMessage Nothing, 82 secretEncryptedMessage Nothing, 83 albumMessage Album, 85 eventCoverImage
  Wrapped, 86 stickerPackMessage Pack, 87 statusMentionMessage Wrapped, 90 pollCreationOptionImageMessage Wrapped, 91
  associatedChildMessage Wrapped, 92 groupStatusMentionMessage Wrapped, 93 pollCreationMessageV4 Wrapped, 95
  statusAddYours Wrapped, 96 groupStatusMessage Wrapped, 99 limitSharingMessage Wrapped, 100 botTaskMessage Wrapped,
  101 questionMessage Wrapped, 102 messageHistoryNotice Nothing, 103 groupStatusMessageV2 Wrapped, 104
  botForwardedMessage Wrapped, 106 questionReplyMessage Wrapped, 107 questionResponseMessage Answer, 111
  pollCreationMessageV5 Poll, 118 spoilerMessage Wrapped, 119 pollCreationMessageV6 Poll, 122 eventInviteMessage
  Invited
Reply: 1 body Words, 15 contextInfo Context
"""
_TYPES: Final = {"d": 1, "i": 3, "u": 4, "b": 8, "s": 9, "y": 12}
_NESTED: Final = 11
CONTENT: Final = "Content"
"""The type of what a message holds, one field of which is set."""


@cache
def history_type() -> Any:
    """The message class that parses a whole history (`HistorySync`), made at first use."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="history", package="history", syntax="proto2")
    for line in FIELDS.replace("\n  ", " ").strip().splitlines():
        name, _, fields = line.partition(":")
        message = file.message_type.add(name=name)
        for field in filter(None, map(str.split, fields.split(","))):
            _add(message, *field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("history.HistorySync"))


def _add(message: Any, number: str, name: str, kind: str) -> None:
    field = message.field.add(name=name, number=int(number), label=3 if kind[0] == "*" else 1)
    kind = kind.lstrip("*")
    field.type = _TYPES.get(kind, _NESTED)
    if field.type == _NESTED:
        field.type_name = f".history.{kind}"
