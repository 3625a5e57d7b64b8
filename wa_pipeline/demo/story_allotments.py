"""Elm Lane Allotments: a small gardening association in England, told by its secretary's Android phone."""

from __future__ import annotations

from wa_pipeline.demo.model import Chat, Special

MAYA, TOM, NOA, GWEN, ARJUN = "Maya Okafor", "Tom Bristow", "Noa Rosenthal", "Gwen Pryce", "Arjun Mehta"
STRANGER = "+44 7700 900654"  # from the range Ofcom keeps for fiction; the demo blocks this sender


def tell() -> tuple[Chat, dict[str, tuple[Special, str | None]]]:
    """The whole chat, and what became of two of its messages between the first export and the second."""
    chat = Chat("elm", "Elm Lane Allotments", "Europe/London")
    _february(chat)
    changes = _march(chat)
    _april(chat)
    return chat, changes


def _february(chat: Chat) -> None:
    chat.day("2024-02-24")
    chat.note(
        "10:02:11",
        "Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them. "
        "Learn more.",
    )
    chat.note("10:02:11", 'You created group "Elm Lane Plot Holders"')
    chat.note("10:03:40", "You added Tom Bristow, Gwen Pryce and Arjun Mehta")
    chat.say("10:06:02", MAYA, "Morning all! New group so that we stop losing things in the email thread 🌱")
    chat.say("10:09:37", TOM, "About time. Plot 14 reporting for duty")
    chat.say("10:12:20", GWEN, "Hello from plot 3 🙋‍♀️ The snowdrops behind the shed are out")
    chat.send("10:13:05", GWEN, "snowdrops.jpg", "PHOTO")
    chat.say("10:20:48", ARJUN, "Lovely. Mine are still thinking about it")
    chat.rename(
        "11:30:00",
        GWEN,
        "Elm Lane Plot Holders",
        "Elm Lane Allotments",
        'Gwen Pryce changed the group name from "Elm Lane Plot Holders" to "Elm Lane Allotments"',
    )
    chat.say("11:31:15", GWEN, "Plot holders sounds like a crime series, sorry Maya")
    chat.say("11:33:52", MAYA, "Fair 😂")
    chat.day("2024-02-26")
    chat.note("18:14:00", "You added Noa Rosenthal")
    chat.say("18:15:33", MAYA, "Welcome Noa, who has taken over plot 9 from old Mr Penhaligon")
    chat.say("18:21:09", NOA, "Thank you! I know nothing but I own a fork and a lot of optimism")
    chat.say("18:22:41", TOM, "That is one more fork than I had in my first year")
    chat.say(
        "18:40:17",
        MAYA,
        "Dates for your diary:\n- 9 March: compost delivery\n- 28 March: taps back on\n- 20 April: seed swap\n\n"
        "Teas on me",
    )


def _march(chat: Chat) -> dict[str, tuple[Special, str | None]]:
    changes: dict[str, tuple[Special, str | None]] = {}
    chat.day("2024-03-06")
    chat.send("19:05:44", MAYA, "invoice.jpg", "PHOTO", "The bill for Saturday's delivery, split six ways please")
    chat.say("19:11:02", ARJUN, "Paid. £41.50, reference PLOT6")
    chat.say("19:12:30", TOM, "Paid too")
    chat.say("19:15:58", NOA, "How do I find the account details?")
    chat.say("19:17:21", MAYA, "Bottom of the picture, sort code and all")
    chat.day("2024-03-09")
    chat.say("08:31:10", TOM, "Lorry is here. It is a LOT of compost")
    chat.send("08:44:26", TOM, "voice_elm.opus", "AUDIO")
    chat.say("08:47:05", GWEN, "On my way, ten minutes, boots on")
    chat.say("08:47:50", MAYA, "Heroes, both of you")
    chat.say("11:58:13", MAYA, "All shifted before lunch. Tom owes everyone a new back", "edited")
    chat.day("2024-03-12")
    chat.note("21:40:00", f"{STRANGER} joined using a group link.")
    chat.say("21:42:18", STRANGER, "Hello dear friends 💰💰 earn £900 a day from your sofa, ask me how")
    chat.send("21:42:59", STRANGER, "spam.jpg", "PHOTO", "Guaranteed! Limited places!!")
    chat.say("21:55:36", TOM, "Is that one of yours, Arjun?")
    chat.say("21:56:11", ARJUN, "My slugs are better conversation")
    chat.say("21:58:00", GWEN, "", "deleted")
    chat.say("22:01:27", STRANGER, "Last chance friends, link in my profile")
    chat.note("22:03:00", f"You removed {STRANGER}")
    chat.say("22:03:44", MAYA, "Gone. I have reset the invite link, sorry all")
    chat.day("2024-03-17")
    chat.send("14:20:31", NOA, "gate_sign.jpg", "PHOTO", "Someone has put up a proper sign at the bottom gate ❤️")
    chat.say("14:26:04", GWEN, "That was Arjun and his router")
    chat.say("14:27:48", ARJUN, "Guilty. Spelling checked by my daughter, aged seven")
    # The second export begins here: Maya cleared the chat on the morning of the 20th.
    chat.day("2024-03-20")
    chat.send("17:48:03", MAYA, "rules.pdf", "DOC", "The new tenancy rules, three minutes to read, promise")
    chat.say("18:02:19", TOM, "Rule 7 is aimed at me and I will not be commenting")
    chat.say("18:03:05", GWEN, "👍")
    chat.say("18:03:41", GWEN, "👍")
    chat.say("18:10:22", NOA, "Does rule 4 mean I have to take the brambles down before May?")
    chat.say("18:12:50", MAYA, "No hurry, before June is fine, nobody has a stopwatch")
    chat.ask(
        "18:30:00",
        MAYA,
        "Which Saturday for the big tidy?",
        ("6 April", 2),
        ("13 April", 4),
        ("Any, if there is cake", 5),
    )
    chat.day("2024-03-24")
    chat.send("09:14:52", NOA, "recipe.jpg", "PHOTO", "Cake was mentioned. My grandmother's, translated by my mum")
    chat.say("09:20:18", TOM, "I vote for every Saturday until further notice")
    chat.send("09:21:03", GWEN, "radish.webp", "STICKER")
    chat.day("2024-03-28")
    taps = chat.say("08:05:29", TOM, "Taps go back on today at nine, the man from the council says")
    changes[taps] = ("edited", "Taps go back on tomorrow at nine, the man from the council says")
    chat.say("08:11:00", MAYA, "Good. Please check your joints for leaks before you walk away from them")
    onions = chat.say("12:37:45", ARJUN, "Why does the whole shed smell of onions, and is it my fault?")
    changes[onions] = ("deleted", None)
    chat.say("12:44:10", GWEN, "It is always your fault, dear")
    chat.say("19:26:39", NOA, "location: https://maps.google.com/?q=51.4869,-2.5841", "location")
    chat.say("19:27:30", NOA, "That is the farm with the free manure, they are open until six")
    chat.day("2024-04-01")
    chat.send("07:58:12", ARJUN, "harvest_broken.jpg", "PHOTO")
    chat.say("08:01:33", GWEN, "Arjun it will not open, it just says the download failed")
    chat.say("08:05:20", ARJUN, "It was a photograph of the biggest leek in England. April fool")
    return changes


def _april(chat: Chat) -> None:
    chat.day("2024-04-06")
    chat.say("16:10:45", TOM, "Who has the key to the mower cabinet?")
    chat.say("16:14:12", GWEN, "Hook behind the calendar, as ever")
    chat.send("16:15:01", GWEN, "key_holder.vcf", "CONTACT")
    chat.say("16:15:40", GWEN, "And if it is not there, ring her, she has the spare")
    chat.say("16:31:07", TOM, "", "omitted")
    chat.day("2024-04-13")
    chat.send("12:22:18", NOA, "voice_tidy.opus", "AUDIO")
    chat.say("12:30:55", MAYA, "Ha! Thank you, and thank you everyone, the paths have not looked like this in years ✨")
    chat.say("20:02:31", ARJUN, "My back: destroyed. My soul: replenished. The cake: gone")
    chat.day("2024-04-20")
    chat.say("10:00:09", MAYA, "Seed swap is open! Under the big ash, follow the bunting 🎏")
    chat.say("10:31:44", NOA, "I have swapped four packets of rocket for one ancient Welsh bean. Good deal?")
    chat.say("10:33:26", GWEN, "That bean has been in my family since 1911, so: yes")
    chat.note("18:12:00", "Tom Bristow changed this group's icon")
    chat.say("18:13:38", TOM, "New picture by popular demand. It is the bean")
    chat.day("2024-04-30")
    chat.say("21:04:51", MAYA, "Frost tonight, two degrees. Fleece over the potatoes please 🥶")
    chat.say("21:06:17", NOA, "On it, in pyjamas")
