"""The chat's title, from the file name WhatsApp gave the export in the exporter's language."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from wa_pipeline.whatsapp.exports.periods import MARKS

_MARK: Final = re.compile(f"[{MARKS}]")
_DOWNLOADED_AGAIN: Final = re.compile(r"(?: ?\(\d{1,3}\)| - Copy| Kopie| copy(?: \d+)?)$")
_WA = r"Whats ?App"
_WITH = (
    "with|mit|con|com|avec|met|med|kanssa|z|ze|s|se|с контактом|с группой|с|з|cu|dengan|với|amb|i|с(?:ъ|о)?|so|sa|ar|su"
)

_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Chat de WhatsApp con Ann, WhatsApp-Chat mit Ann, Чат WhatsApp с контактом Ann (Android)
        rf"^(?:[\w’'\"״]{{2,20}} )?(?:(?:de|do|da|di|la) )?{_WA}(?:[- ][\w’']{{2,20}})? (?:{_WITH}) (?P<title>.+)$",
        # WhatsApp Chat - Ann, Chat WhatsApp - Ann, WhatsApp チャット - Ann (iOS)
        rf"^[^-]{{0,30}}{_WA}(?:-?[^-]{{0,30}}) [-–—] (?P<title>.+)$",
        # WhatsApp-keskustelu: Ann
        rf"^[^:]{{0,30}}{_WA}[^:]{{0,30}}[:：_] ?(?P<title>.+)$",
        # Ann ile WhatsApp Sohbeti, Ann के साथ WhatsApp चैट, Ann님과의 WhatsApp 대화, Annとの WhatsApp チャット
        rf"^(?P<title>.+?)(?: ile| के साथ|님과(?:의)?| ?との) ?{_WA}[ -]?\S*(?: \S+)?$",
        # 与Ann的 WhatsApp 聊天, 與 Ann 的 WhatsApp 對話
        rf"^[与與和] ?(?P<title>.+?) ?的 ?{_WA} ?\S*$",
        # צ'אט WhatsApp עם Ann, محادثة واتساب مع Ann, แชท WhatsApp กับ Ann, Συνομιλία WhatsApp με Ann
        rf"^\S+(?: \S+)? ?(?:{_WA}|واتساب|וואטסאפ) ?(?:עם|مع|با|กับ|με(?: τον/την| τον| την)?) (?P<title>.+)$",
        rf"^{_WA} ?(?:聊天记录|聊天記錄|对话|對話|トーク履歴|トーク|チャット|대화)"
        r"(?:与|與|：|:| |와|과)*(?P<title>.+)$",
        # WhatsApp Ann
        rf"^{_WA} (?!chat$|conversation$)(?P<title>.+)$",
    )
)
_BARE: Final = re.compile(r"^_?chat$", re.IGNORECASE)


def _clean(name: str) -> str:
    return unicodedata.normalize("NFC", _MARK.sub("", name)).strip()


def stem_of(file_name: str) -> str:
    """The file's name without folder, `.zip` or `.txt`, and what a browser adds to a second download."""
    stem = re.sub(r"^.*[/\\]", "", _clean(file_name))
    while True:
        shorter = _DOWNLOADED_AGAIN.sub("", re.sub(r"\.(?:zip|txt)$", "", stem, flags=re.IGNORECASE).strip())
        if shorter == stem:
            return stem
        stem = shorter


def title_in(file_name: str) -> str | None:
    """The chat's title where the name is one WhatsApp gave; None for any other name."""
    stem = stem_of(file_name)
    for pattern in _PATTERNS:
        if match := pattern.match(stem):
            return match["title"].strip() or None
    return None


def is_bare(file_name: str) -> bool:
    """Whether this is iOS's `_chat.txt`, which says nothing about the chat."""
    return _BARE.match(stem_of(file_name)) is not None


def title_of(member: str, container: str | None, speaks_as: str | None) -> str | None:
    """The chat's title.

    member: name of the text file; container: name of the zip around it; speaks_as: who iOS says the encryption notice
    is from, which in its exports is the chat itself. A name WhatsApp gave wins, then that notice, then any file name
    that says something.
    """
    for name in (member, container):
        if name and (title := title_in(name)):
            return title
    if speaks_as:
        return speaks_as
    for name in (member, container):
        if name and not is_bare(name) and stem_of(name):
            return stem_of(name)
    return None
