"""Every file the three chats share, by its workshop name, and the sentences spoken in them."""

from __future__ import annotations

from wa_pipeline.demo import documents, paper, scenes, sounds
from wa_pipeline.demo.canvas import jpeg

SPOKEN = {
    "voice_elm.opus": (
        "en",
        "Good morning everyone. I have borrowed the wheelbarrow, "
        "and I will bring it back to the shed on Sunday evening.",
    ),
    "voice_tidy.opus": (
        "en",
        "I found a beautiful old kettle under the hedge. If nobody misses it, the robins can have it.",
    ),
    "voice_row.opus": (
        "en",
        "Good morning, sleepy people. I am bringing pancakes and orange juice for everybody after practice.",
    ),
    "voice_balcony.opus": (
        "de",
        "Guten Abend. Die Katze vom Nachbarn hat schon wieder auf unserem Balkon geschlafen.",
    ),
    "voice_train.opus": (
        "de",
        "Guten Morgen. Der Zug kommt eine halbe Stunde später. Ich habe großen Hunger.",
    ),
}
BRIEFING = "The river will be freezing tomorrow. Please bring a warm blanket and dry socks."


def build() -> dict[str, bytes]:
    """Draws, speaks, films and writes everything (about half a minute, most of it the films)."""
    form = paper.entry_form()
    sheets = {
        "invoice.jpg": jpeg(paper.invoice()),
        "timetable.jpg": jpeg(paper.timetable()),
        "recipe.jpg": jpeg(paper.recipe(), 76),
        "dark_chat.jpg": jpeg(paper.dark_chat()),
    }
    notes = {name: sounds.voice_note(language, sentence) for name, (language, sentence) in SPOKEN.items()}
    films = {
        "crew.mp4": sounds.film(lambda phase: scenes.harbour(phase, (320, 240)), 6.5, sentence=BRIEFING),
        "groan.mp4": sounds.film(scenes.groan, 2.0, rate=10),
    }
    return {**sheets, **scenes.photographs(), **documents.documents(form), **notes, **films}
