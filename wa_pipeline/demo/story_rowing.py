"""Saltmarsh Rowing Club: a crew on the coast of New England, told by the captain's iPhone (12 hours, month first)."""

from __future__ import annotations

from wa_pipeline.demo.model import Chat

DANA, ELI, BEA, HANK = "Dana Whitlock", "Eli Navarro", "Coach Bea", "Hank Oyelaran"
PRIYA = "~\u202fPriya"  # not in the captain's address book: iPhones write such names after a tilde
UNKNOWN = "\u202a+1\u00a0(555)\u00a0010\u20110142\u202c"


def tell() -> Chat:
    """The whole chat."""
    chat = Chat("row", "Saltmarsh Rowing Club", "America/New_York")
    chat.day("2024-03-08")
    chat.note(
        "18:30:12",
        "Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them.",
    )
    chat.note("18:30:12", "You created this group")
    chat.note("18:31:20", "You added Eli Navarro")
    chat.note("18:31:20", "You added Coach Bea")
    chat.say("18:32:05", DANA, "Season's here! Same boats, same terrible coffee 🚣")
    chat.say("18:33:47", ELI, "The coffee is load-bearing, leave it alone")
    chat.rename(
        "18:40:02",
        DANA,
        "Rowing 2024",
        "Saltmarsh Rowing Club",
        "You changed the group name to \u201cSaltmarsh Rowing Club\u201d",
    )
    chat.note("18:41:10", "You added ~\u202fPriya")
    chat.say("18:44:58", PRIYA, "Hi everybody, Priya here, bow seat, allergic to mornings")
    chat.say("18:46:13", BEA, "Then you will enjoy the schedule 😇")
    chat.day("2024-03-10")
    chat.send("19:12:40", BEA, "timetable.jpg", "PHOTO", "Spring plan. Print it, pin it, live it")
    chat.say("19:15:22", HANK, "5:40 AM. FIVE FORTY.")
    chat.say("19:15:59", HANK, "I would like to speak to the sun's manager")
    chat.say("19:21:36", BEA, "Clocks went forward last night, so it is really 4:40. You're welcome")
    chat.day("2024-03-14")
    chat.send("05:31:08", DANA, "harbour.jpg", "PHOTO")
    chat.say("05:31:40", DANA, "Worth it, though. Look at that")
    chat.send("05:52:33", ELI, "voice_row.opus", "AUDIO")
    chat.say("06:01:19", PRIYA, "Eli, how can a person be this cheerful at six")
    chat.say("06:02:45", ELI, "Training and denial")
    chat.say("12:08:00", HANK, "Missed voice call", "call")
    chat.day("2024-03-19")
    chat.send("20:44:51", DANA, "dark_chat.jpg", "PHOTO", "From the boatyard just now. So, no double on Thursday")
    chat.say("20:47:30", BEA, "Fine. Erg day! Nobody groan, I can hear you from here")
    chat.send("20:48:12", PRIYA, "groan.mp4", "GIF")
    chat.say(
        "20:55:04",
        DANA,
        "To do before the regatta:\n1. Trailer lights\n2. New bow ball\n3. Find out who has the megaphone\n\n"
        "Volunteers?",
    )
    chat.say("20:58:26", ELI, "I have the megaphone", "edited")
    chat.say("20:58:51", ELI, "", "deleted")
    chat.say("20:59:40", HANK, "Trailer lights: me. I own one (1) screwdriver")
    chat.day("2024-03-27")
    chat.send("07:15:16", DANA, "entry_form.pdf", "DOC")
    chat.say("07:16:02", DANA, "Regatta form, scanned on the library's machine, sorry for the wobble")
    chat.ask(
        "07:20:33",
        DANA,
        "Which event do we enter?",
        ("Mixed quad", 4),
        ("Two doubles", 1),
        ("Both, we are heroes", 2),
    )
    chat.note("09:03:27", f"{UNKNOWN} joined using your invite")
    chat.say("09:05:11", UNKNOWN, "Hello, this is Ruth Adair from the race office. Heat sheets go out on Friday")
    chat.say("09:11:48", DANA, "Thank you Ruth, welcome aboard!")
    chat.day("2024-04-03")
    chat.send("17:25:39", BEA, "crew.mp4", "VIDEO", "Tonight's weather briefing 🌬️")
    chat.say("17:31:05", PRIYA, "Noted. Packing everything I own")
    chat.say("17:33:50", HANK, "Location: https://maps.google.com/?q=41.5280,-70.6731", "location")
    chat.say("17:34:29", HANK, "Parking is behind the fish market, not in front. Ask me how I know")
    chat.send("17:40:57", DANA, "trailer_contact.vcf", "CONTACT")
    chat.day("2024-04-06")
    chat.say("13:17:21", DANA, "SECOND PLACE 🥈🥈🥈 mixed quad, by half a length, in a crosswind")
    chat.say("13:18:02", ELI, "I am crying into the trophy")
    chat.say("13:18:02", PRIYA, "We have a trophy???")
    chat.say("13:19:44", BEA, "It is a mug. It is the finest mug in Massachusetts")
    chat.say("23:59:59", HANK, "Home. Everything hurts. Again next week?")
    chat.day("2024-04-07")
    chat.say("00:00:00", DANA, "Again next week")
    return chat
