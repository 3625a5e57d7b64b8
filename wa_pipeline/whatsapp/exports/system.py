"""Lines WhatsApp says itself: who joined, what the group is called, that it is encrypted, who called."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final


def _any_of(table: str, *, at_start: bool = False) -> re.Pattern[str]:
    """A pattern for any of the table's alternatives, one or several a line."""
    alternatives = "|".join(line.strip() for line in table.strip().splitlines())
    return re.compile(f"^(?:{alternatives})" if at_start else alternatives, re.IGNORECASE)


_ENCRYPTION: Final = _any_of(
    r"""
    end-to-end|ende-zu-ende|extremo a extremo|ponta a ponta|ponto a ponto|bout en bout|uçtan uca|сквозн|наскрізн
    kryptowan|szyfrowan|päästä päähän|od začátku do konce|koncové|végpontok között|integral criptate
    från ände till ände|fra ende til anden|ende-til-ende|מקצה לקצה|مشفرة|تشفير تام|سرتاسر|एंड-टू-एंड|menyeluruh
    hujung ke hujung|mã hóa đầu cuối|เข้ารหัส|端到端|端對端|エンドツーエンド|종단간|end-to-end-versleuteld
    """,
)

_NOTICE: Final = _any_of(
    r"""
    security code|disappearing messages|is a contact|waiting for this message|invite link|sicherheitsnummer
    código de seguridad|código de segurança|code de sécurité|codice di sicurezza|beveiligingscode|код безопасности
    ^you(?:'ve| have| were| are now)? (?:created|added|joined|removed|left|changed|pinned|unpinned|turned|blocked)\b
    ^you(?:'ve| have| were| are now)? (?:unblocked|reset|deleted|an admin|no longer an admin|a participant)\b
    ^you(?:'re| are) (?:now|no longer) an admin|^this (?:group|chat|community) (?:has|is|was)\b
    ^(?:du|vous|je|jij|u|вы|ви|ty|você|hai|te) .{0,60}?(?:hinzugefügt|erstellt|verlassen|beigetreten|geändert|entfernt)
    ^(?:vous|je|jij|u|você|hai|te) .{0,40}?(?:ajouté|créé|quitté|rejoint|modifié|changé|retiré|toegevoegd|gemaakt)
    ^(?:vous|je|jij|u|você|hai|te) .{0,40}?(?:aangemaakt|verlaten|gewijzigd|verwijderd|criou|saiu|entrou|mudou|alterou)
    ^(?:hai|te|você) .{0,40}?(?:aggiunto|creato|abbandonato|cambiato|modificato|rimosso|uniste|uniu|adicionou|removeu)
    ^(?:вы|ви) .{0,40}?(?:добав|создал|покину|вышли|измени|присоедин|удалил|додал|створил|змінил|вийшли)
    ^(?:añadiste|agregaste|creaste|saliste|cambiaste|eliminaste|dodał|utworzył|opuścił|zmienił|eklediniz|oluşturdunuz)
    ^(?:הוספת|יצרת|עזבת|שינית|הצטרפת|הסרת|أضفت|أنشأت|غادرت|غيّرت|غيرت|انضممت|आपने)
    ^anda (?:menambah|membuat|keluar|mengubah)
    ^(?:您|你)(?:已)?(?:添加|創建|创建|建立|离开|離開|退出|更改|变更|變更|加入|新增)|^(?:あなたが|グループ)|^회원님이
    """,
)

CALL: Final = _any_of(
    r"""
    (?:missed|declined|unanswered|silenced|incoming|outgoing)? ?(?:group )?(?:voice|video) call\b(?! me)
    (?:verpasste[rs]?|entgangene[rs]?) (?:gruppen-?)?(?:sprach|video)anruf|(?:sprach|video)anruf\b
    llamada (?:de voz )?perdida|llamada de voz|videollamada|chamada de (?:voz|vídeo)|videochamada
    chamada (?:de voz )?perdida|appel (?:vocal|vidéo)|chiamata (?:vocale|video)|videochiamata
    gemiste (?:spraak|video)?-?oproep|(?:spraak|video)-?oproep|nieodebrane połączenie
    połączenie (?:głosowe|wideo)|пропущенный (?:аудио|видео)звонок|(?:аудио|видео)звонок|пропущений
    cevapsız (?:sesli|görüntülü)|(?:sesli|görüntülü) arama|missat (?:röst|video)
    tabt (?:tale|video)|tapt (?:tale|video)|vastaamaton|zmeškaný|nem fogadott
    שיחה קולית|שיחת (?:וידאו|קול)|مكالمة|تماس|मिस्ड|panggilan (?:suara|video|tak)|cuộc gọi|สายที่ไม่ได้รับ|未接
    语音通话|視訊通話|视频通话|語音通話|不在着信|音声通話|ビデオ通話|부재중|음성통화|영상통화
    """,
    at_start=True,
)
"""How a call's line begins."""

CALL_LINES: Final = frozenset(
    f"{missed} {medium} call{end}"
    for missed in ("Missed", "Missed group")
    for medium in ("voice", "video")
    for end in ("", ".")
)
"""Whole bodies that are a call even without the mark iOS puts before its own lines."""

_QUOTE = "[\"“”„«»‘’‹›「」『』״']"
_ANY_QUOTE: Final = re.compile(_QUOTE)
_OPEN, _CLOSE = f"{_QUOTE}{{1,2}} ?", f" ?{_QUOTE}{{1,2}}"

_NAME_BEFORE, _NAME_AFTER = f"{_OPEN}(?P<old>.+?){_CLOSE}", f"{_OPEN}(?P<new>.+?){_CLOSE}"

# {a} is the name before and {b} the name after, each in quotes.
_RENAMES: Final = tuple(
    re.compile(
        pattern.replace("{a}", _NAME_BEFORE).replace("{b}", _NAME_AFTER) + r"[.。]?$",
        re.IGNORECASE | re.DOTALL,
    )
    for pattern in (
        r"changed the (?:subject|group name|group's name|name of (?:the|this) group) from {a} to {b}",
        r"changed (?:the (?:subject|group name)|this group's name) to {b}",
        r"(?:gruppennamen?|gruppenbetreff|den betreff|betreff)(?: der gruppe)? von {a} (?:zu|in|auf) {b}(?: geändert)?",
        r"(?:gruppennamen?|den betreff|betreff)(?: der gruppe)? (?:zu|in|auf) {b}(?: geändert)?",
        r"(?:cambi(?:ó|aste)) el (?:asunto|nombre)(?: del grupo)? de {a} a {b}",
        r"(?:cambi(?:ó|aste)) el (?:asunto|nombre)(?: del grupo)? (?:a|por) {b}",
        r"(?:mudou|alterou) o (?:nome|assunto)(?: do grupo)? de {a} para {b}",
        r"(?:mudou|alterou) o (?:nome|assunto)(?: do grupo)? para {b}",
        r"(?:changé|modifié) (?:le sujet|le nom|l['’]objet)(?: du groupe)? de {a} (?:en|à|pour) {b}",
        r"(?:changé|modifié) (?:le sujet|le nom|l['’]objet)(?: du groupe)? (?:en|à|pour) {b}",
        r"(?:cambiato|modificato) (?:l['’]oggetto|il nome)(?: del gruppo)? da {a} (?:a|in) {b}",
        r"(?:cambiato|modificato) (?:l['’]oggetto|il nome)(?: del gruppo)? in {b}",
        r"(?:onderwerp|groepsnaam|naam van de groep) (?:gewijzigd )?van {a} (?:naar|in) {b}(?: gewijzigd| veranderd)?",
        r"(?:onderwerp|groepsnaam|naam van de groep) (?:gewijzigd )?(?:naar|in) {b}(?: gewijzigd| veranderd)?",
        r"(?:zmienił(?:a|\(a\))?) (?:temat|nazwę)(?: grupy)? z {a} na {b}",
        r"(?:zmienił(?:a|\(a\))?) (?:temat|nazwę)(?: grupy)? na {b}",
        r"(?:изменил[аи]?|изменил\(-?а\)) (?:тему|название)(?: группы)? с {a} на {b}",
        r"(?:изменил[аи]?|изменил\(-?а\)) (?:тему|название)(?: группы)? на {b}",
        r"(?:konuyu|grup adını|grubun adını|konusunu) {a} (?:iken|konusundan) {b} (?:olarak|konusuna) değiştir\w*",
        r"(?:konuyu|grup adını|grubun adını|konusunu) {b} (?:olarak|konusuna) değiştir\w*",
        r"(?:שינה|שינתה|שינית|שינו) את (?:הנושא|שם הקבוצה|נושא הקבוצה) מ-?{a} ל-?{b}",
        r"(?:שינה|שינתה|שינית|שינו) את (?:הנושא|שם הקבוצה|נושא הקבוצה) ל-?{b}",
        r"(?:غيّر|غيّرت|غير|غيرت|قام بتغيير).{0,30}? من {a} إلى {b}",
        r"(?:غيّر|غيّرت|غير|غيرت|قام بتغيير).{0,30}? إلى {b}",
        r"mengubah (?:subjek|nama grup) dari {a} (?:menjadi|ke) {b}",
        r"mengubah (?:subjek|nama grup) (?:menjadi|ke) {b}",
        r"(?:将|將|把).{0,8}?(?:主题|主題|名称|名稱|群组名称|群名)从?{a}(?:更改为|改为|变更为|變更為|改成){b}",
        r"(?:主题|主題|名称|名稱).{0,4}?(?:从|從|由) ?{a} ?(?:更改为|改为|变更为|變更為|改成|更改為|改為) ?{b}",
        r"(?:主题|主題|名称|名稱).{0,4}?(?:更改为|改为|变更为|變更為|改成|更改為|改為) ?{b}",
        r"{a}から{b}に変更(?:しました)?",
        r"(?:件名|グループ名)を{b}に変更(?:しました)?",
        r"{a}에서 {b}(?:으로|로) 변경.*",
    )
)

_NAMES_A_GROUP: Final = re.compile(
    r"(?:changed the|created (?:the )?group|gruppe|betreff|asunto|nombre|grupo|nome|assunto|groupe|sujet|gruppo|oggetto"
    r"|onderwerp|groep|temat|grup|konu|групп|тему|הנושא|הקבוצה|subjek|subject)"
    rf"[^\n]*{_QUOTE}[^\n]*$",
    re.IGNORECASE,
)


def is_encryption_notice(text: str) -> bool:
    """Whether this is the line about encryption, which iOS writes in the chat's own name."""
    return _ENCRYPTION.search(text) is not None


@lru_cache(maxsize=1024)
def is_notice(text: str) -> bool:
    """Whether a line that iOS marked as its own reads like one of WhatsApp's notices."""
    return _NOTICE.search(text) is not None or is_encryption_notice(text)


def ends_inside_a_group_name(line: str) -> bool:
    """Whether what precedes a `: ` is no name but a notice quoting a group's name: `Ann changed the subject to “A`."""
    return _NAMES_A_GROUP.search(line) is not None


def rename_in(text: str) -> tuple[str | None, str] | None:
    """(old name or None, new name) where the notice says that the group's subject changed."""
    if not _ANY_QUOTE.search(text):
        return None
    for pattern in _RENAMES:
        if match := pattern.search(text):
            found = match.groupdict()
            return found.get("old"), found["new"]
    return None
