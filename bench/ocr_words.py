"""Words of several scripts for pictures to be read: common ones of each language, prices, dates and codes."""

from __future__ import annotations

from random import Random
from typing import Final

POOLS: Final[dict[str, tuple[str, str]]] = {
    "en": (
        "Latin",
        "harbour tickets umbrella meeting tomorrow dentist appointment garden potatoes birthday kitchen invoice "
        "delivery parking station concert library weekend breakfast neighbours password package insurance holiday "
        "school football practice cancelled reminder please bring blankets lantern borrowed ladder between autumn",
    ),
    "de": (
        "Latin",
        "Übermorgen Bahnhof Kartoffeln Geburtstag Frühstück Schlüssel Rechnung Größe Straße Treffpunkt Regenschirm "
        "Zahnarzt Gemüse Lieferung Wochenende Nachbarn Versicherung Kündigung Äpfel Öffnungszeiten Küche Müllabfuhr "
        "Elternabend Turnschuhe Packliste Ausflug Führerschein bestätigt gegenüber zwölf",
    ),
    "fr": (
        "Latin",
        "réunion rendez-vous déjeuner bibliothèque médecin garçon forêt château élève théâtre français anniversaire "
        "légumes bientôt après-midi facture livraison voisins clé cuisine plage été hôtel gâteau",
    ),
    "es": (
        "Latin",
        "mañana reunión cumpleaños estación desayuno vecinos factura entrega playa niños señora corazón médico "
        "jardín cocina fútbol también después próximo viernes autobús teléfono",
    ),
    "tr": (
        "Latin",
        "yarın toplantı doğum günü kahvaltı komşular fatura teslimat plaj çocuklar öğretmen güneş ağaç kütüphane "
        "şehir müdür ışık değil çarşamba bahçe anahtar",
    ),
    "pl": (
        "Latin",
        "jutro spotkanie urodziny śniadanie sąsiedzi faktura dostawa plaża dzieci łódź książka żółty źródło "
        "ćwiczenia piątek ogród kuchnia klucz lekarz piłka",
    ),
    "ru": (
        "Cyrillic",
        "завтра собрание вокзал картошка рождения завтрак соседи счёт доставка школа футбол тренировка отменена "
        "пожалуйста принесите одеяла фонарь лестница осень билеты зонтик кухня библиотека концерт выходные врач",
    ),
    "el": (
        "Greek",
        "αύριο συνάντηση σταθμός πατάτες γενέθλια πρωινό γείτονες λογαριασμός παράδοση σχολείο ποδόσφαιρο προπόνηση "
        "παρακαλώ κουβέρτες φανάρι φθινόπωρο εισιτήρια ομπρέλα κουζίνα βιβλιοθήκη συναυλία γιατρός",
    ),
    "ar": (
        "Arabic",
        "غدا اجتماع محطة بطاطس عيد فطور الجيران فاتورة توصيل مدرسة تدريب بطانيات فانوس خريف تذاكر مظلة مطبخ مكتبة "
        "حفلة طبيب شاطئ موعد حديقة مفتاح",
    ),
    "zh": (
        "Han",
        "明天开会 火车站 土豆 生日快乐 早餐 邻居 发票 快递 学校 足球训练 请带毯子 灯笼 秋天 门票 雨伞 厨房 图书馆 "
        "音乐会 周末 医生 停车场 地址 电话号码 花园",
    ),
    "ja": (
        "Kana",
        "あした会議 えきまえ じゃがいも お誕生日 あさごはん となりの人 レシート おとどけ がっこう サッカー れんしゅう "
        "毛布をもって ランタン あき チケット かさ キッチン としょかん コンサート しゅうまつ おいしゃさん",
    ),
}
"""Language: its script, and words of it."""

LATIN: Final = ("en", "de", "en", "de", "en", "fr", "es", "tr", "pl")
WITHOUT_SPACES: Final = frozenset({"zh", "ja"})


def words(chance: Random, language: str, number: int) -> list[str]:
    """`number` words of a language, one in six a figure of some kind."""
    pool = POOLS[language][1].split()
    return [_figure(chance) if chance.random() < 1 / 6 else chance.choice(pool) for _ in range(number)]


def _figure(chance: Random) -> str:
    return chance.choice(
        (
            f"{chance.randint(1, 199)}.{chance.randint(10, 99)}",
            f"{chance.randint(10, 23)}:{chance.randint(10, 59)}",
            f"{chance.randint(1, 28):02}.{chance.randint(1, 12):02}.2026",
            f"{chance.choice('ABCDEFGHKLMNPRTUVWXYZ')}{chance.randint(100, 9999)}",
        )
    )
