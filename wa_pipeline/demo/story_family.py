"""Familie Rosenthal: grandparents in Haifa and Berlin, a daughter in England, told by Miriam's German Android phone."""

from __future__ import annotations

from wa_pipeline.demo.model import Chat

MIRIAM, JONAS, NOA, DIETER = "Miriam", "Jonas Rosenthal", "Noa", "Opa Dieter"
RUTH = "סבתא רות"


def tell() -> Chat:
    """The whole chat."""
    chat = Chat("fam", "Familie Rosenthal", "Europe/Berlin")
    chat.day("2024-03-15")
    chat.note(
        "16:58:02",
        "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Nur Personen in diesem Chat können sie lesen, "
        "anhören oder teilen. Mehr erfahren.",
    )
    chat.note("16:58:02", "Du hast die Gruppe „Familie Rosenthal“ erstellt.")
    chat.note("16:58:30", "Du hast Jonas Rosenthal, Noa und Opa Dieter hinzugefügt.")
    chat.say("17:01:14", MIRIAM, "So, jetzt haben wir endlich eine Gruppe für alle. Schabbat Schalom! 🕯️🕯️")
    chat.say("17:03:51", DIETER, "Guten Abend aus dem Garten. Wer hat mich hier angemeldet?")
    chat.say("17:04:20", JONAS, "Ich, Opa. Du wolltest doch die Fotos sehen")
    chat.note("17:10:00", f"Du hast {RUTH} hinzugefügt.")
    chat.say("17:12:37", RUTH, "שבת שלום לכולם! איזה יופי שאתם כאן ❤️")
    chat.say("17:15:08", NOA, "סבתא! מתגעגעת אלייך מאוד")
    chat.say("17:16:29", RUTH, "גם אני מתוקה. אכלת משהו היום?")
    chat.say("17:18:55", NOA, "כן, מרק עדשים. Mama, sie fragt immer zuerst nach dem Essen 😄")
    chat.day("2024-03-16")
    chat.say("20:40:13", MIRIAM, "Hat jemand noch das Rezept für Omas Honigkuchen? Noa braucht es für ihre Gärtner")
    chat.say("20:52:46", RUTH, "בטח! רגע, אני מחפשת את המחברת הישנה")
    chat.day("2024-03-17")
    chat.say("09:30:22", JONAS, "Ich habe gestern übrigens die Führerscheinprüfung bestanden 🚗🎉")
    chat.say("09:31:00", DIETER, "Glückwunsch, mein Junge! Beim ersten Mal, anders als deine Mutter")
    chat.say("09:31:44", MIRIAM, "Papa!!")
    chat.say("09:33:18", RUTH, "כל הכבוד יונס! סע בזהירות בבקשה")
    chat.day("2024-03-23")
    chat.send("18:20:05", MIRIAM, "recipe.jpg", "PHOTO", "Gefunden und übersetzt. Bitte nicht weniger Honig nehmen")
    chat.say("18:24:37", RUTH, "דבש זה הסוד 🍯")
    chat.say("18:26:50", NOA, "Toda, Mama! Ich backe ihn für das ganze Dorf")
    chat.day("2024-03-29")
    chat.send("10:05:31", DIETER, "voice_balcony.opus", "AUDIO")
    chat.say("10:11:09", JONAS, "Opa, das war deine allererste Sprachnachricht. Großartig")
    chat.say("10:14:26", DIETER, "Ich habe nur den Knopf zu lange gedrückt")
    chat.day("2024-04-02")
    chat.say("21:15:40", MIRIAM, "Pessach planen wir jetzt bitte ernsthaft. Wer kommt wann?", "edited")
    chat.ask("21:17:12", MIRIAM, "Sederabend bei uns?", ("Ja, wir kommen", 4), ("Per Video dabei", 1))
    chat.say("21:20:33", NOA, "Ich lande am Sonntag um 14:35 in Berlin ✈️")
    chat.say("21:22:51", RUTH, "אני אהיה בווידאו, תשמרו לי כיסא")
    chat.say("21:23:37", JONAS, "", "deleted")
    chat.say("21:24:02", JONAS, "Falscher Chat, Entschuldigung 🙈")
    chat.day("2024-04-10")
    chat.send("19:48:25", MIRIAM, "packliste.docx", "DOC")
    chat.say("19:49:10", MIRIAM, "Für das Wochenende im Harz, bitte jeder abhaken")
    chat.say("19:53:44", DIETER, "Ich nehme nur den Hut mit")
    chat.send("20:01:18", NOA, "radish.webp", "STICKER")
    chat.say("20:02:05", NOA, "Der Aufkleber ist von meiner Nachbarin Gwen, sie klebt ihn überall hin")
    chat.day("2024-04-14")
    chat.send("15:30:09", JONAS, "voice_train.opus", "AUDIO")
    chat.say("15:36:52", MIRIAM, "Ich hole dich ab. Gleis 7, wie immer")
    chat.say("15:40:20", JONAS, "Standort: https://maps.google.com/?q=52.5251,13.3694", "location")
    chat.say("16:02:47", DIETER, "", "omitted")
    chat.say("16:03:30", DIETER, "Das sollte ein Bild von der Katze sein. Wo ist es hin?")
    chat.day("2024-04-22")
    chat.say("18:45:00", RUTH, "חג פסח שמח לכולם! 🍷")
    chat.say("18:46:12", NOA, "חג שמח סבתא, הכיסא שלך מחכה")
    chat.say("23:55:38", JONAS, "Vier Gläser Wein und Opa singt. Bester Abend")
    chat.day("2024-04-23")
    chat.say("08:10:27", DIETER, "Ich habe nicht gesungen. Ich habe rezitiert")
    return chat
