"""What WhatsApp itself writes into an export, in the languages it is translated into.

Every phrase is compared by `phrase_key`: without case, direction marks, no-break spaces and a full stop at the end.
A phrase that is missing here costs a label, never a word: the line is then kept as the text it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from wa_pipeline.whatsapp.exports.periods import MARKS, SPACES

_DROP = re.compile(f"[{MARKS}]")
_SPACE = re.compile(f"[{SPACES}]+")


@lru_cache(maxsize=4096)
def phrase_key(phrase: str) -> str:
    """The form in which WhatsApp's phrases are compared."""
    return _SPACE.sub(" ", _DROP.sub("", phrase)).strip().rstrip(".。।").casefold()


def _lines(table: str) -> Iterator[str]:
    return (item.strip() for line in table.splitlines() for item in line.split("|") if item.strip())


def _keys(table: str) -> frozenset[str]:
    return frozenset(map(phrase_key, _lines(table)))


ATTACHED: Final = _keys(
    """
    attached|Anhang|angehängt|adjunto|archivo adjunto|anexado|anexo|ficheiro anexado|pièce jointe|fichier joint
    allegato|bijgevoegd|bijlage|załączono|załącznik|прикреплено|вложение|прикріплено|вкладено|eklendi|ek|bifogad
    bifogat|vedhæftet|vedlagt|liite|liitetty|přiloženo|příloha|priložené|csatolva|csatolmány|atașat|atașament
    συνημμένο|επισυνάφθηκε|מצורף|המצורף|مرفق|المرفق|مُرفق|المُرفق|پیوست|संलग्न|अटैच किया गया|lampiran|terlampir
    dilampirkan|đính kèm|tệp đính kèm|แนบ|ไฟล์แนบ|附件|已附加|添付|添付ファイル|첨부|첨부됨|첨부파일|adjunt
    fitxer adjunt|privitak|priloženo|прикачено|прикачен файл|संलग्नक
"""
)
"""iOS: the word before the file name in `<attached: name>`."""

FILE_ATTACHED: Final = _keys(
    """
    file attached|Datei angehängt|archivo adjunto|arquivo anexado|ficheiro anexado|fichier joint|file allegato
    bestand bijgevoegd|bestand toegevoegd|plik dołączony|załączono plik|plik załączony|załączony plik|файл добавлен
    файл прикреплен|файл прикреплён|файл додано|вкладений файл|dosya ekli|dosya eklendi|ekli dosya|bifogad fil
    fil bifogad|fil vedhæftet|vedhæftet fil|fil vedlagt|vedlagt fil|tiedosto liitetty|tiedosto liitteenä
    liitetiedosto|soubor byl přiložen|přiložený soubor|soubor přiložen|súbor priložený|priložený súbor|fájl csatolva
    csatolt fájl|fișier atașat|fişier ataşat|επισυνάφθηκε αρχείο|συνημμένο αρχείο|το αρχείο επισυνάφθηκε|קובץ מצורף
    הקובץ מצורף|ملف مرفق|الملف مرفق|الملف مُرفق|تم إرفاق الملف|فایل پیوست شد|پرونده پیوست شد|फ़ाइल संलग्न
    फ़ाइल जुड़ी है|फ़ाइल अटैच की गई|file terlampir|berkas terlampir|fail dilampirkan|tệp đính kèm|đã đính kèm tệp
    ไฟล์ที่แนบมา|แนบไฟล์|ไฟล์แนบ|文件附件|文件已附加|附加文件|檔案已附加|附件|添付ファイル|ファイル添付|파일 첨부
    파일 첨부됨|첨부 파일|fitxer adjunt|datoteka priložena|priložena datoteka|прикачен файл|приложен файл
    failas pridėtas|fail lisatud|fails pievienots
"""
)
"""Android: what stands in brackets behind the file name."""

MEDIA_OMITTED: Final = _keys(
    """
    Media omitted|Medien ausgeschlossen|Medien ausgelassen|Medien weggelassen|Multimedia omitido|Archivo omitido
    Medios omitidos|Mídia oculta|Arquivo de mídia oculto|Mídia omitida|Ficheiro não revelado
    Ficheiro multimédia omitido|Multimédia oculto|Médias omis|Média omis|Fichier omis|Fichiers multimédias omis
    Media omessi|Media omesso|File multimediale omesso|Media weggelaten|pominięto multimedia|multimedia pominięte
    Plik pominięty|Без медиафайлов|Медиафайлы отсутствуют|Файл пропущен|Медіафайли пропущено|Без медіафайлів
    Medya dahil edilmedi|Medya atlandı|Media har utelämnats|Media utelämnat|Mediafil utelämnad|Media utelatt
    Medier utelatt|Mediefil utelatt|Mediefil udeladt|Medier udeladt|Medie udeladt|Mediatiedosto jätettiin pois
    Mediatiedostot poistettu|Média vynechána|Médiá vynechané|Hiányzó médiafájl|Média kihagyva|Fișier media omis
    Conținut media omis|Παραλήφθηκαν πολυμέσα|Το πολυμέσο παραλήφθηκε|המדיה לא נכללה|המדיה הושמטה|מדיה הושמטה
    המדיה הושמטו|تم استبعاد الوسائط|تم حذف الوسائط|تم إستبعاد الوسائط|رسانه حذف شد|मीडिया छोड़ा गया|मीडिया के बिना
    Media tidak disertakan|Media tidak dimasukkan|Media dikecualikan|Đã bỏ qua media|File phương tiện đã bị bỏ qua
    ไม่มีสื่อ|ละเว้นสื่อ|省略多媒体文件|媒体文件已略去|媒體已略去|省略多媒體檔案|忽略多媒体文件
    メディアは含まれていません|メディアなし|미디어 파일을 생략한 대화내용|미디어 파일 생략|미디어 생략
    Multimèdia omès|Mitjans omesos|Mediji izostavljeni|Medijski zapis izostavljen|Медията е пропусната
    View once photo omitted|View once video omitted|View once voice message omitted|View once message omitted
"""
)
"""Android: what stands in `<…>` where an export without media leaves something out."""

_OMITTED_BY_KIND = {
    (
        "image",
        "omitted",
    ): """
    image omitted|photo omitted|view once photo omitted|Bild weggelassen|imagen omitida|imagem ocultada
    imagem oculta|imagem omitida|imagem não revelada|image absente|image omise|immagine omessa|afbeelding weggelaten
    obraz pominięty|grafika pominięta|изображение отсутствует|изображение опущено|зображення відсутнє
    görüntü dahil edilmedi|bild utesluten|bild utelämnad|billede udeladt|bilde ikke inkludert|bilde utelatt|ei kuvaa
    kuva jätetty pois|obrázek vynechán|obrázok vynechaný|kép küldése sikertelen|kép kihagyva|imagine omisă
    εικόνα παραλείφθηκε|התמונה הושמטה|תמונה הושמטה|لم يتم إدراج الصورة|تم استبعاد الصورة|تصویر حذف شد|फ़ोटो हटाई गई
    चित्र छोड़ा गया|gambar tidak disertakan|imej tidak dimasukkan|đã bỏ qua hình ảnh|ไม่มีรูปภาพ|忽略图片|图像已省略
    照片已忽略|圖片已略去|圖像已省略|画像は含まれていません|画像を除外しました|이미지 생략됨|사진 생략됨
    imatge omesa|slika izostavljena
""",
    (
        "video",
        "omitted",
    ): """
    video omitted|view once video omitted|Video weggelassen|video omitido|vídeo omitido|vídeo ocultado
    vídeo não revelado|vidéo absente|vidéo omise|video omesso|video weggelaten|wideo pominięte|видео отсутствует
    видео опущено|відео відсутнє|video dahil edilmedi|video utesluten|video utelämnad|video udeladt|video utelatt
    ei videota|video jätetty pois|video vynecháno|video vynechané|videó küldése sikertelen|videó kihagyva
    clip video omis|video omis|βίντεο παραλείφθηκε|סרטון הווידאו הושמט|הסרטון הושמט|لم يتم إدراج الفيديوهات
    لم يتم إدراج الفيديو|تم استبعاد الفيديو|ویدیو حذف شد|वीडियो हटाया गया|वीडियो छोड़ा गया|video tidak disertakan
    video tidak dimasukkan|đã bỏ video|đã bỏ qua video|วิดีโอถูกลบ|忽略视频|视频已忽略|影片已略去|影片已省略
    動画は含まれていません|동영상 생략됨|비디오 생략됨|vídeo omès|video izostavljen
""",
    (
        "video",
        "ptv",
    ): """
    video note omitted|video message omitted|Videonachricht weggelassen|Videonotiz weggelassen|nota de video omitida
    videomensaje omitido|mensagem de vídeo omitida|recado de vídeo omitido|note vidéo omise|messaggio video omesso
    videomessaggio omesso|videonotitie weggelaten|videobericht weggelaten|видеосообщение отсутствует
    відеоповідомлення відсутнє
""",
    (
        "video",
        "gif",
    ): """
    GIF omitted|GIF weggelassen|GIF ausgeschlossen|GIF omitido|GIF omitida|GIF ocultado|GIF não revelado|GIF retiré
    GIF omis|GIF absent|GIF esclusa|GIF omessa|GIF omesso|GIF weggelaten|GIF pominięty|GIF отсутствует|GIF опущен
    GIF відсутній|GIF dahil edilmedi|GIF utesluten|GIF utelämnad|GIF udeladt|GIF utelatt|ei GIFiä|GIF vynechán
    GIF kihagyva|GIF παραλείφθηκε|קובץ ה-GIF הושמט|ה-GIF הושמט|لم يتم إدراج GIF|تم استبعاد GIF|GIF हटाया गया
    GIF tidak disertakan|đã bỏ qua GIF|忽略GIF|GIF 已忽略|GIF已略去|GIFは含まれていません|GIF 생략됨|GIF omès
    GIF izostavljen
""",
    (
        "audio",
        "omitted",
    ): """
    audio omitted|voice message omitted|view once voice message omitted|Audio weggelassen|audio omitido
    áudio omitido|áudio ocultado|áudio não revelado|audio omis|audio absent|audio omesso|audio weggelaten
    audio pominięte|dźwięk pominięty|аудио отсутствует|аудиофайл отсутствует|аудио опущено|аудіо відсутнє
    ses dahil edilmedi|ljud utesluten|ljud utelämnat|lyd udeladt|lyd utelatt|ei ääntä|ääni jätetty pois
    audio vynecháno|zvuk vynechán|zvuk vynechaný|hang küldése sikertelen|hang kihagyva|ήχος παραλείφθηκε
    קובץ השמע הושמט|השמע הושמט|הקלטה הושמטה|لم يتم إدراج المقطع الصوتي|تم استبعاد الصوت|صدا حذف شد|ऑडियो हटाया गया
    ऑडियो छोड़ा गया|audio tidak disertakan|audio tidak dimasukkan|đã bỏ qua âm thanh|ไม่มีเสียง|忽略音频|音频已忽略
    語音已略去|音訊已略去|音声は含まれていません|オーディオは含まれていません|오디오 생략됨|음성 생략됨|àudio omès
    audiozapis izostavljen
""",
    (
        "image",
        "sticker",
    ): """
    sticker omitted|Sticker weggelassen|sticker omitido|figurinha omitida|figurinha ocultada|sticker não revelado
    sticker omis|autocollant omis|sticker omesso|sticker non incluso|sticker weggelaten|naklejka pominięta
    стикер отсутствует|стикер опущен|стікер відсутній|наліпка відсутня|çıkartma dahil edilmedi
    klistermärke utesluten|klistermärke utelämnat|sticker udeladt|klistermærke udeladt|klistremerke utelatt
    ei tarraa|tarra jätetty pois|nálepka vynechána|nálepka vynechaná|matrica kihagyva|autocolant omis
    αυτοκόλλητο παραλείφθηκε|המדבקה הושמטה|הסטיקר הושמט|لم يتم إدراج الملصق|تم استبعاد الملصق|برچسب حذف شد
    स्टिकर हटाया गया|स्टिकर छोड़ा गया|stiker tidak disertakan|stiker tidak dimasukkan|đã bỏ qua nhãn dán
    ไม่มีสติกเกอร์|忽略表情贴图|贴图已忽略|貼圖已略去|ステッカーは含まれていません|スタンプは含まれていません
    스티커 생략됨|adhesiu omès|naljepnica izostavljena
""",
    (
        "doc",
        "omitted",
    ): """
    document omitted|Dokument weggelassen|documento omitido|documento ocultado|documento não revelado|document omis
    document manquant|documento omesso|document weggelaten|dokument pominięty|документ отсутствует|документ опущен
    документ відсутній|belge dahil edilmedi|dokument uteslutet|dokument utelämnat|dokument udeladt|dokument utelatt
    ei asiakirjaa|asiakirja jätetty pois|dokument vynechán|dokument vynechaný|dokumentum kihagyva
    έγγραφο παραλείφθηκε|המסמך הושמט|لم يتم إدراج المستند|تم استبعاد المستند|سند حذف شد|डॉक्यूमेंट हटाया गया
    दस्तावेज़ छोड़ा गया|dokumen tidak disertakan|dokumen tidak dimasukkan|đã bỏ qua tài liệu|ไม่มีเอกสาร|忽略文档
    文档已忽略|文件已略去|文書は含まれていません|ドキュメントは含まれていません|문서 생략됨|document omès
    dokument izostavljen
""",
    (
        "other",
        "contact",
    ): """
    contact card omitted|contact omitted|Kontaktkarte ausgelassen|Kontaktkarte weggelassen
    tarjeta de contacto omitida|contacto omitido|cartão do contato omitido|cartão de contato omitido|contato omitido
    carte de contact omise|fiche contact omise|scheda contatto omessa|contatto omesso|contactkaart weggelaten
    karta kontaktu pominięta|карточка контакта отсутствует|контакт отсутствует|контактна картка відсутня
    kişi kartı dahil edilmedi|kontaktkort utelämnat|kontaktkort udeladt|kontaktkort utelatt|yhteystieto jätetty pois
    כרטיס איש הקשר הושמט|لم يتم إدراج بطاقة جهة الاتصال|kartu kontak tidak disertakan|忽略联系人名片|联系人已忽略
    連絡先カードは含まれていません|연락처 카드 생략됨
""",
}
OMITTED: Final = {key: kind for kind, table in _OMITTED_BY_KIND.items() for key in _keys(table)}
"""iOS: the phrase for what was left out, to (kind, subkind)."""
OMITTED_LINES: Final = frozenset(
    form for table in _OMITTED_BY_KIND.values() for line in _lines(table) for form in (line, line[0].upper() + line[1:])
)
"""The same as whole lines, for files that have lost the marks before them."""

_DELETED = """
    This message was deleted|You deleted this message|Message deleted|This message was deleted by an admin
    Diese Nachricht wurde gelöscht|Du hast diese Nachricht gelöscht|Diese Nachricht wurde von einem Admin gelöscht
    Se eliminó este mensaje|Este mensaje fue eliminado|Eliminaste este mensaje|Has eliminado este mensaje
    Mensaje eliminado|Mensagem apagada|Essa mensagem foi apagada|Esta mensagem foi apagada|Você apagou esta mensagem
    Você apagou essa mensagem|Apagou esta mensagem|Mensagem eliminada|Eliminou esta mensagem
    Ce message a été supprimé|Vous avez supprimé ce message|Message supprimé|Questo messaggio è stato eliminato
    Hai eliminato questo messaggio|Dit bericht is verwijderd|Je hebt dit bericht verwijderd
    U hebt dit bericht verwijderd|Bericht verwijderd|Usunięto tę wiadomość|Ta wiadomość została usunięta
    Ta wiadomość została skasowana|Usunąłeś tę wiadomość|Wiadomość usunięta|Сообщение удалено
    Данное сообщение удалено|Это сообщение удалено|Вы удалили данное сообщение|Вы удалили это сообщение
    Повідомлення видалено|Це повідомлення видалено|Ви видалили це повідомлення|Bu mesaj silindi|Bu mesajı sildiniz
    Bu mesajı sildin|Detta meddelande raderades|Meddelandet raderades|Du raderade detta meddelande
    Du raderade meddelandet|Denne besked blev slettet|Du slettede denne besked|Denne meldingen ble slettet
    Du slettet denne meldingen|Tämä viesti poistettiin|Poistit tämän viestin|Tato zpráva byla odstraněna
    Tato zpráva byla smazána|Odstranil jste tuto zprávu|Tuto zprávu jste odstranili|Táto správa bola odstránená
    Túto správu ste odstránili|Ezt az üzenetet törölték|Ezt az üzenetet törölted|Törölted ezt az üzenetet
    Acest mesaj a fost șters|Ați șters acest mesaj|Αυτό το μήνυμα διαγράφηκε|Διαγράψατε αυτό το μήνυμα
    הודעה זו נמחקה|ההודעה נמחקה|מחקת הודעה זו|מחקת את ההודעה|تم حذف هذه الرسالة|لقد حذفت هذه الرسالة
    حذفتَ هذه الرسالة|حذفت هذه الرسالة|این پیام حذف شد|شما این پیام را حذف کردید|यह मैसेज हटा दिया गया
    यह संदेश हटा दिया गया था|आपने यह मैसेज हटा दिया|आपने यह संदेश हटा दिया|Pesan ini telah dihapus|Pesan ini dihapus
    Anda menghapus pesan ini|Anda telah menghapus pesan ini|Mesej ini telah dipadam|Anda telah memadamkan mesej ini
    Tin nhắn này đã bị xóa|Bạn đã xóa tin nhắn này|ข้อความนี้ถูกลบแล้ว|คุณลบข้อความนี้แล้ว|此消息已删除|此讯息已删除
    您已删除此消息|你删除了这条消息|你已删除此消息|這則訊息已刪除|此訊息已刪除|您已刪除此訊息|你已刪除此訊息
    你刪除了這則訊息|このメッセージは削除されました|このメッセージを削除しました|メッセージを削除しました
    삭제된 메시지입니다|이 메시지는 삭제되었습니다|이 메시지를 삭제했습니다|회원님이 이 메시지를 삭제했습니다
    Aquest missatge s'ha eliminat|Heu eliminat aquest missatge|Ova poruka je izbrisana|Izbrisali ste ovu poruku
    Това съобщение бе изтрито
"""
DELETED: Final = _keys(_DELETED)
DELETED_LINES: Final = frozenset(line + stop for line in _lines(_DELETED) for stop in ("", "."))
"""The whole body of a message that was deleted for everyone."""

DELETED_BY_ADMIN: Final = (
    "this message was deleted by admin ",
    "diese nachricht wurde von admin ",
    "el admin. ",
    "mensagem apagada pelo admin ",
    "ce message a été supprimé par l'admin ",
)
"""How the same line begins when an admin did it; a name follows."""

EDITED: Final = _keys(
    """
    This message was edited|Message edited|edited|Diese Nachricht wurde bearbeitet|Se editó este mensaje
    Este mensaje fue editado|Mensaje editado|Mensagem editada|Esta mensagem foi editada|Ce message a été modifié
    Message modifié|Questo messaggio è stato modificato|Messaggio modificato|Dit bericht is bewerkt|Bericht bewerkt
    Ta wiadomość została edytowana|Wiadomość edytowana|Edytowano tę wiadomość|Сообщение изменено
    Это сообщение изменено|Данное сообщение изменено|Повідомлення змінено|Це повідомлення змінено
    Bu mesaj düzenlendi|Detta meddelande redigerades|Meddelandet redigerades|Denne besked blev redigeret
    Beskeden blev redigeret|Denne meldingen ble redigert|Tätä viestiä muokattiin|Tätä viestiä on muokattu
    Tato zpráva byla upravena|Zpráva byla upravena|Táto správa bola upravená|Ezt az üzenetet szerkesztették
    Az üzenetet szerkesztették|Acest mesaj a fost editat|Αυτό το μήνυμα επεξεργάστηκε
    Έγινε επεξεργασία του μηνύματος|ההודעה נערכה|הודעה זו נערכה|تم تعديل هذه الرسالة|تم تعديل الرسالة
    این پیام ویرایش شد|یہ پیغام تدوین کیا گیا|इस मैसेज को एडिट किया गया|यह मैसेज एडिट किया गया
    इस मैसेज में बदलाव किया गया|Pesan ini diedit|Pesan ini telah diedit|Mesej ini telah diedit
    Tin nhắn này đã được chỉnh sửa|Tin nhắn đã chỉnh sửa|ข้อความนี้ถูกแก้ไข|แก้ไขข้อความแล้ว|此消息已编辑|消息已编辑
    此訊息已編輯|這則訊息已編輯|已編輯此訊息|このメッセージは編集されました|メッセージが編集されました
    이 메시지는 수정되었습니다|수정된 메시지입니다|Aquest missatge s'ha editat|Ova poruka je uređena
"""
)
"""What stands in `<…>` behind the text of an edited message."""

POLL: Final = _keys(
    """
    POLL|UMFRAGE|ENCUESTA|ENQUETE|SONDAGEM|SONDAGE|SONDAGGIO|PEILING|ANKIETA|SONDA|ОПРОС|ОПИТУВАННЯ|АНКЕТА|ANKET
    OMRÖSTNING|AFSTEMNING|AVSTEMNING|KYSELY|ÄÄNESTYS|ANKETA|SZAVAZÁS|SONDAJ|ΔΗΜΟΣΚΟΠΗΣΗ|ΨΗΦΟΦΟΡΙΑ|סקר|استطلاع
    استطلاع رأي|استفتاء|نظرسنجی|पोल|मतदान|POLLING|TINJAUAN|CUỘC KHẢO SÁT|BÌNH CHỌN|โพล|แบบสำรวจ|投票|アンケート
    投票アンケート|설문조사|투표|ENQUESTA
"""
)
"""The first line of a poll, before its `:`."""

LOCATION: Final = _keys(
    """
    location|live location|Standort|Live-Standort|ubicación|ubicación en tiempo real|localização
    localização em tempo real|localisation|position|posizione|locatie|lokalizacja|местоположение|геопозиция
    місцезнаходження|konum|plats|placering|posisjon|lokasjon|sijainti|poloha|hely|tartózkodási hely|locație
    τοποθεσία|מיקום|المكان|الموقع|موقع|مکان|लोकेशन|स्थान|lokasi|vị trí|ตำแหน่ง|ตำแหน่งที่ตั้ง|位置|地點|位置情報
    위치|ubicació|lokacija|местонахождение
"""
)
"""The word before a maps link that WhatsApp made of a shared location."""
