"""Pictures of paper and screens: invoice, timetable, recipe card, a chat in dark mode, a form to be scanned."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from wa_pipeline.demo.canvas import Canvas, Colour, grain, soft

INK, GREY = "#22302a", "#6b7770"


def invoice() -> Image.Image:
    """A bill for compost and timber; `trellis` is written nowhere else in the sample archive."""
    c = Canvas(900, 1200, "#fdfcf8")
    green = "#2f6b45"
    c.box(0, 0, 900, 14, green)
    c.disc(106, 112, 46, 46, green)
    c.shape([(106, 78), (136, 112), (106, 148), (76, 112)], "#9fce8c")
    c.line([(106, 86), (106, 148)], green, 4)
    c.text(172, 74, "Finch & Hartley", "black", 40, INK)
    c.text(173, 124, "Soil, timber and garden supplies", "regular", 22, GREY)
    c.text(840, 74, "INVOICE", "black", 44, green, "ra")
    c.text(840, 126, "No. 2024-0317", "regular", 22, GREY, "ra")
    c.line([(60, 196), (840, 196)], "#d9ddd2", 2)
    c.text(60, 222, "Bill to", "bold", 20, green)
    c.text(60, 252, "Elm Lane Allotments\nc/o M. Okafor, Plot 1\nElm Lane, Little Harrow", "regular", 24, INK, gap=8)
    c.text(560, 222, "Delivery", "bold", 20, green)
    c.text(560, 252, "Saturday 9 March 2024\nbefore 9 o'clock\nto the top gate", "regular", 24, INK, gap=8)
    c.box(60, 396, 780, 54, green, 6)
    for x, head, anchor in ((82, "Description", "lm"), (560, "Qty", "rm"), (690, "Price", "rm"), (818, "Total", "rm")):
        c.text(x, 423, head, "bold", 22, "#ffffff", anchor)
    rows = (
        ("Mushroom compost, bulk bag", "4", "32.00", "128.00"),
        ("Cedar trellis panel, 6 x 3 ft", "3", "18.50", "55.50"),
        ("Bamboo canes, bundle of fifty", "2", "9.75", "19.50"),
        ("Netting, green, ten metres", "2", "11.00", "22.00"),
        ("Delivery by lorry", "1", "24.00", "24.00"),
    )
    y = 450
    for number, (what, quantity, price, total) in enumerate(rows):
        c.box(60, y, 780, 60, "#f3f5ec" if number % 2 else "#fdfcf8")
        c.text(82, y + 30, what, "regular", 25, INK, "lm")
        for x, value in ((560, quantity), (690, price), (818, total)):
            c.text(x, y + 30, value, "regular", 25, INK, "rm")
        y += 60
    c.line([(520, y + 20), (840, y + 20)], "#d9ddd2", 2)
    c.text(690, y + 52, "Total due", "bold", 28, INK, "rm")
    c.text(818, y + 52, "£249.00", "black", 30, green, "rm")
    c.text(60, y + 130, "Please pay within 14 days", "bold", 24, INK)
    c.text(
        60,
        y + 168,
        "Account name  Finch & Hartley\nSort code  00-11-22\nAccount number  00123456",
        "regular",
        24,
        INK,
        gap=10,
    )
    c.text(450, 1150, "Thank you for digging with us!", "italic", 22, GREY, "mm")
    return c.done()


def timetable() -> Image.Image:
    """The rowing club's spring plan; `lighthouse` is written nowhere else."""
    c = Canvas(960, 1120, "#f4f7fa")
    navy, sea, coral = "#12304f", "#2a7f9e", "#f0715a"
    c.box(0, 0, 960, 210, navy)
    for row in range(3):
        y = 178 + row * 14
        wave = [(x, y + 6 * float(np.sin(x / 34 + row * 1.7))) for x in range(-10, 980, 6)]
        c.shape([*wave, (980, 230), (-10, 230)], ("#1c4468", "#235c80", sea)[row])
    c.box(0, 226, 960, 10, "#f4f7fa")
    c.text(60, 40, "Spring training timetable", "black", 54, "#ffffff")
    c.text(62, 110, "Saltmarsh Rowing Club  ·  11 March to 5 April 2024", "regular", 26, "#c6dbe8")
    c.box(40, 262, 880, 64, navy, 10)
    for x, head in ((70, "Day"), (270, "Time"), (450, "What"), (760, "Coach")):
        c.text(x, 294, head, "bold", 26, "#ffffff", "lm")
    rows: tuple[tuple[str, str, str, str, Colour], ...] = (
        ("Monday", "5:40 AM", "Long steady piece", "Bea", sea),
        ("Tuesday", "6:30 PM", "Weights, boathouse", "Marcus", coral),
        ("Wednesday", "5:40 AM", "Sprints and starts", "Bea", sea),
        ("Thursday", "5:40 AM", "Doubles on the river", "Bea", sea),
        ("Friday", "rest", "Sleep, eat, sleep", "nobody", "#9aa8b5"),
        ("Saturday", "7:00 AM", "Lighthouse loop", "everyone", coral),
        ("Sunday", "9:00 AM", "Yoga on the dock", "Joan", "#7a9e5b"),
    )
    y = 340
    for day, time, what, coach, colour in rows:
        c.box(40, y, 880, 82, "#ffffff", 10)
        c.box(40, y, 12, 82, colour, 5)
        c.text(70, y + 41, day, "bold", 28, navy, "lm")
        c.text(270, y + 41, time, "regular", 28, navy, "lm")
        c.text(450, y + 41, what, "regular", 28, navy, "lm")
        c.text(760, y + 41, coach, "regular", 28, navy, "lm")
        y += 94
    c.text(480, 1046, "Bring water. Late crews launch the coach's boat.", "italic", 27, sea, "mm")
    return c.done()


def recipe() -> Image.Image:
    """Grandmother's honey cake on an index card; `cinnamon` is written nowhere else. Two groups get this picture."""
    c = Canvas(1000, 760, "#fbf3df")
    c.line([(0, 138), (1000, 138)], "#d9735f", 3)
    for y in range(196, 760, 50):
        c.line([(0, y), (1000, y)], "#c9d6dc", 2)
    c.text(50, 44, "Savta Ruth's Honey Cake", "hand", 60, "#8c3b2a")
    left = (
        "350 g honey (not less!)",
        "3 eggs",
        "200 ml strong coffee",
        "120 ml sunflower oil",
        "380 g flour",
        "1 spoon cinnamon",
        "1 spoon baking powder",
        "a pinch of cloves",
    )
    for number, item in enumerate(left):
        c.text(50, 192 + number * 50, item, "hand", 33, "#2d3a52", "ls")
    right = (
        "Warm the honey with coffee.",
        "Beat eggs and oil, stir in",
        "everything else, do not rush.",
        "Bake 50 minutes at 160 C.",
        "Wait until tomorrow.",
        "Nobody ever waits.",
    )
    for number, item in enumerate(right):
        c.text(500, 192 + number * 50, item, "hand", 33, "#2d3a52", "ls")
    _honey_jar(c, 800, 600)
    stain = Image.new("L", c.image.size, 0)
    ImageDraw.Draw(stain).ellipse((760, 1130, 1100, 1440), outline=70, width=26)
    c.image.paste("#b98a4a", (0, 0), soft(stain, 3))
    return grain(c.done(), 3, seed=5)


def _honey_jar(c: Canvas, x: float, y: float) -> None:
    c.disc(x, y + 104, 92, 12, "#e6d9b8")
    c.box(x - 80, y - 70, 160, 176, "#f2b134", 34)
    c.box(x - 66, y - 56, 26, 140, "#f8cf72", 13)
    c.box(x - 72, y - 108, 144, 46, "#b5654a", 12)
    c.box(x - 52, y - 14, 104, 72, "#fff7e2", 8)
    c.disc(x, y + 20, 24, 17, "#f2b134")
    for stripe in (-10, 2, 14):
        c.line([(x + stripe, y + 6), (x + stripe, y + 34)], "#4a3521", 5)
    c.disc(x - 8, y - 4, 13, 8, "#dfe9ee")
    c.disc(x + 12, y - 4, 13, 8, "#dfe9ee")


def dark_chat() -> Image.Image:
    """A screenshot of another chat in dark mode; `varnish` is written nowhere else."""
    c = Canvas(720, 1330, "#0b141a")
    c.box(0, 0, 720, 44, "#10191f")
    c.text(30, 22, "8:41", "phone-medium", 24, "#d7dde0", "lm")
    c.box(648, 12, 44, 20, "#d7dde0", 6)
    c.box(0, 44, 720, 108, "#1f2c34")
    c.line([(54, 84), (38, 98), (54, 112)], "#d7dde0", 4)
    c.disc(112, 98, 36, 36, "#c7793f")
    c.text(112, 98, "PB", "phone-medium", 28, "#ffffff", "mm")
    c.text(168, 66, "Pete Boatyard", "phone-medium", 32, "#e9edef")
    c.text(168, 108, "online", "phone", 24, "#8696a0")
    c.box(300, 180, 120, 44, "#1d282f", 12)
    c.text(360, 202, "Today", "phone", 24, "#8696a0", "mm")
    y = 256.0
    talk = (
        (False, ("Evening Dana, bad news first", "or good news first?"), "8:31 PM"),
        (True, ("Bad news first please",), "8:32 PM"),
        (False, ("The second coat of varnish", "is still wet. Nobody touches", "her before Friday."), "8:34 PM"),
        (True, ("Oh no, we race a double", "on Thursday"), "8:35 PM"),
        (False, ("Good news: she is the most", "beautiful boat on this coast"), "8:37 PM"),
        (True, ("That does help a bit",), "8:39 PM"),
    )
    for mine, lines, time in talk:
        width = max(c.width_of(line, "phone", 32) for line in lines) + 56
        width = max(width, 300)
        height = 46 * len(lines) + 58
        x = 692 - width if mine else 28
        c.box(x, y, width, height, "#005c4b" if mine else "#202c33", 18)
        for number, line in enumerate(lines):
            c.text(x + 26, y + 18 + 46 * number, line, "phone", 32, "#e9edef")
        c.text(x + width - 20, y + height - 12, time, "phone", 21, "#9fb4ad" if mine else "#8696a0", "rs")
        y += height + 16
    c.box(20, 1244, 580, 68, "#1f2c34", 34)
    c.text(60, 1278, "Message", "phone", 28, "#8696a0", "lm")
    c.disc(656, 1278, 36, 36, "#00a884")
    c.shape([(644, 1262), (674, 1278), (644, 1294), (650, 1278)], "#0b141a")
    return c.done()


def entry_form() -> Image.Image:
    """A form as a library's scanner sees it: grey, a little askew; `spectators` is written nowhere else."""
    c = Canvas(1000, 1300, "#fbfbf9")
    c.text(500, 90, "Bay State Spring Regatta", "black", 52, "#1b1b1b", "mm")
    c.text(500, 150, "Entry form 2024", "regular", 34, "#1b1b1b", "mm")
    y = 230
    for label, value in (
        ("Club", "Saltmarsh Rowing Club"),
        ("Captain", "Dana Whitlock"),
        ("Event", "Mixed quad, 1000 metres"),
        ("Boat", "The Second Breakfast"),
        ("Date", "Saturday, April 6, 2024"),
    ):
        c.text(90, y, label, "bold", 30, "#1b1b1b")
        c.text(300, y - 4, value, "hand", 36, "#26386e")
        c.line([(290, y + 42), (910, y + 42)], "#777777", 2)
        y += 92
    terms = (
        "Crews must be on the water twenty minutes before the start.",
        "Please keep the landing stage clear for other boats.",
        "Parking for spectators is free on the north field.",
        "Dogs are welcome on a leash, coaches likewise.",
    )
    for number, term in enumerate(terms):
        c.text(90, y + 40 + number * 54, f"{number + 1}.  {term}", "regular", 30, "#1b1b1b")
    c.text(90, 1090, "Signature", "bold", 30, "#1b1b1b")
    flourish = [(330 + t * 2.6, 1110 + 34 * float(np.sin(t / 9) * np.cos(t / 31))) for t in range(130)]
    c.line(flourish, "#26386e", 4)
    page = c.done().convert("L").rotate(-0.8, Image.Resampling.BICUBIC, fillcolor=238)
    return grain(page.convert("RGB"), 5, seed=11).convert("L")
