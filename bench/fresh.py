"""Speech for the figures: sentences and voices that were not there when the speech step was tuned (bench/spoken.py).

All of it is synthetic. Voices, each with its licence: espeak-ng's variants (GPL-3.0-or-later), flite's rms and awb
(BSD-like), festival's pc_diphone (Italian, GPL-2.0-or-later), upc_ca_ona_hts (Catalan, LGPL-2.1-or-later) and
msu_ru_nsh (Russian, BSD-like; the one voice of its language, so it spoke the other sentences too). The sound made with
them is not covered by these licences. Engines and voices that are not installed are left out, and the bench says how
much speech there is.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from bench.spoken import RATE, Note, Samples, as_recorded, decoded

SENTENCES: Final = {
    "en": [
        "I put the concert tickets in the drawer next to the front door.",
        "The bakery on the corner is closed until the end of the month.",
        "Would you mind picking up my coat from the cleaners this afternoon?",
        "There are eleven people coming on Saturday and we only have nine chairs.",
        "The mechanic found the problem, it was only a loose cable.",
        "We walked along the river as far as the old bridge and back.",
        "Your package is waiting at the post office until next Friday.",
        "The water will be turned off tomorrow between eight and ten.",
        "She asked whether the blue jacket belongs to your younger brother.",
        "Our flight lands a little before midnight, so do not wait for us.",
        "Tell your uncle that the ladder is still behind the garage.",
        "The library wants its books returned before the holidays.",
        "I think we should paint the fence before the summer begins.",
        "The soup needs more salt, otherwise it tastes wonderful.",
    ],
    "de": [
        "Die Karten für das Konzert liegen in der Schublade neben der Haustür.",
        "Am Wochenende wollen wir mit den Kindern an den See fahren.",
        "Der Handwerker kommt erst nächste Woche, um das Fenster zu reparieren.",
        "Hast du schon gehört, dass unsere Nachbarn umziehen werden?",
        "Im Keller steht noch eine Kiste mit alten Büchern.",
        "Bitte denk daran, die Blumen auf dem Balkon zu gießen.",
        "Die Apotheke an der Ecke hat heute bis acht Uhr geöffnet.",
        "Wir haben gestern den ganzen Nachmittag im Wald Pilze gesucht.",
        "Das Paket wurde bei der Familie im dritten Stock abgegeben.",
        "Meine Schwester hat am Freitag ihre Prüfung bestanden.",
        "Kannst du mir das Rezept für den Apfelkuchen schicken?",
        "Der Schnee ist geschmolzen und die Straße ist wieder frei.",
        "Unser Hund hat sich unter dem Sofa versteckt.",
        "Ich bringe morgen Kaffee und frische Brötchen mit.",
    ],
    "es": [
        "Las entradas para el concierto están en el cajón de la entrada.",
        "El domingo queremos llevar a los niños a la playa.",
        "Mi vecina me ha regalado una planta muy bonita.",
        "El agua se corta mañana entre las ocho y las diez.",
        "No te olvides de cerrar la puerta del garaje esta noche.",
        "La biblioteca abre a las nueve y cierra a las siete.",
        "Hemos caminado junto al río hasta el puente viejo.",
        "El panadero de la esquina está de vacaciones hasta septiembre.",
        "¿Sabes si la chaqueta azul es de tu hermano pequeño?",
        "Tenemos que pintar la valla antes del verano.",
        "La sopa necesita un poco más de sal.",
        "El avión llega poco antes de la medianoche.",
        "Hay una caja con libros viejos en el sótano.",
        "Mañana traigo café y pan para todos.",
    ],
    "fr": [
        "Les billets du concert sont dans le tiroir près de la porte.",
        "Dimanche nous voulons emmener les enfants au bord de la mer.",
        "Ma voisine m'a offert une très belle plante.",
        "L'eau sera coupée demain entre huit heures et dix heures.",
        "N'oublie pas de fermer la porte du garage ce soir.",
        "La bibliothèque ouvre à neuf heures et ferme à sept heures.",
        "Nous avons marché le long de la rivière jusqu'au vieux pont.",
        "Le boulanger du coin est en vacances jusqu'en septembre.",
        "Est-ce que la veste bleue est à ton petit frère?",
        "Il faut peindre la clôture avant le début de l'été.",
        "La soupe manque un peu de sel, mais elle est bonne.",
        "Notre avion arrive un peu avant minuit.",
        "Il y a une caisse de vieux livres dans la cave.",
        "Demain j'apporte du café et des croissants pour tout le monde.",
    ],
    "it": [
        "I biglietti per il concerto sono nel cassetto vicino alla porta.",
        "Domenica vogliamo portare i bambini al mare.",
        "La mia vicina mi ha regalato una pianta molto bella.",
        "Domani manca l'acqua dalle otto alle dieci.",
        "Non dimenticare di chiudere la porta del garage questa sera.",
        "La biblioteca apre alle nove e chiude alle sette.",
        "Abbiamo camminato lungo il fiume fino al ponte vecchio.",
        "Il panettiere è in vacanza fino a settembre.",
        "Sai se la giacca blu è di tuo fratello?",
        "Dobbiamo dipingere il muro prima dell'estate.",
        "La zuppa ha bisogno di un po' di sale.",
        "Il nostro aereo arriva poco prima di mezzanotte.",
        "In cantina c'è una scatola di vecchi libri.",
        "Domani porto il caffè e il pane per tutti.",
    ],
    "ru": [
        "Билеты на концерт лежат в ящике около двери.",
        "В воскресенье мы хотим поехать с детьми на море.",
        "Соседка подарила мне очень красивый цветок.",
        "Завтра с восьми до десяти не будет воды.",
        "Не забудь закрыть дверь гаража сегодня вечером.",
        "Библиотека открывается в девять часов утра.",
        "Мы гуляли вдоль реки до старого моста.",
        "Магазин на углу закрыт до конца месяца.",
        "Нам нужно покрасить забор до начала лета.",
        "Наш самолёт прилетает незадолго до полуночи.",
        "В подвале стоит коробка со старыми книгами.",
        "Завтра я принесу кофе и свежий хлеб.",
    ],
    "ca": [
        "Les entrades del concert són al calaix de l'entrada.",
        "Diumenge volem portar els nens a la platja.",
        "La biblioteca obre a les nou i tanca a les set.",
        "Demà tallen l'aigua entre les vuit i les deu.",
        "No t'oblidis de tancar la porta del garatge.",
        "Hem caminat al costat del riu fins al pont vell.",
        "La sopa necessita una mica més de sal.",
        "Demà porto cafè i pa per a tothom.",
    ],
}
ESPEAK: Final = {
    "de": ("de+f2", "de+m3"),
    "es": ("es+f2", "es-419+m3"),
    "fr": ("fr-fr+f2", "fr-be+m3"),
    "it": ("it+f2",),
    "ru": ("ru+f2",),
}
FESTIVAL: Final = {
    "it": ("voice_pc_diphone", "iso-8859-1"),
    "ru": ("voice_msu_ru_nsh_clunits", "utf-8"),
    "ca": ("voice_upc_ca_ona_hts", "iso-8859-15"),
}
FLITE: Final = ("rms", "awb")


def notes(seed: int = 11) -> list[Note]:
    """Every sentence in every voice of its language, in an order mixed by the seed."""
    made = [
        Note(f"fresh-{language}{number:02}-{voice}", language, text, as_recorded(samples))
        for language, sentences in SENTENCES.items()
        for number, text in enumerate(sentences)
        for voice, samples in _voices(text, language)
    ]
    random.Random(seed).shuffle(made)
    return made


def longer(singles: list[Note], count: int, seed: int = 12) -> list[Note]:
    """Notes of 3 to 60 s put together from single ones: one language and voice each, with pauses in between."""
    rng = random.Random(seed)
    by_voice: dict[tuple[str, str], list[Note]] = {}
    for note in singles:
        by_voice.setdefault((note.language, note.name.rsplit("-", 1)[1]), []).append(note)
    voices = sorted(by_voice)
    rng.shuffle(voices)
    made = []
    for number in range(count):
        language, voice = voices[number % len(voices)]
        # Evenly over the range, so that few notes are a mix as well.
        wanted = 3 + 57 * (number + 0.5) / count
        chosen: list[Note] = []
        for note in rng.sample(by_voice[language, voice], len(by_voice[language, voice])):
            if not chosen or sum(one.seconds for one in chosen) + note.seconds <= wanted:
                chosen.append(note)
        sounds = [piece for one in chosen for piece in (one.samples, _pause(rng))]
        text = " ".join(one.text for one in chosen)
        made.append(Note(f"longer{number:02}", language, text, np.concatenate(sounds)[: 60 * RATE]))
    return made


def _pause(rng: random.Random) -> Samples:
    return np.zeros(int(rng.uniform(0.1, 1.2) * RATE), np.float32)


def _voices(text: str, language: str) -> Iterator[tuple[str, Samples]]:
    for variant in ESPEAK.get(language, ()) if which("espeak-ng") else ():
        command = ["espeak-ng", "-v", variant, "-s", "155", "--stdout", text]
        yield from _said(variant.replace("-", ""), subprocess.run(command, capture_output=True, check=False).stdout)
    if language in FESTIVAL and which("text2wave"):
        name, encoding = FESTIVAL[language]
        command = ["text2wave", "-F", str(RATE), "-eval", f"({name})"]
        spoken = subprocess.run(command, input=text.encode(encoding, "ignore"), capture_output=True, check=False)
        yield from _said("festival", spoken.stdout)
    if language == "en" and which("flite"):
        for name in FLITE:
            with TemporaryDirectory() as folder:
                path = Path(folder) / "said.wav"
                subprocess.run(["flite", "-voice", name, "-t", text, "-o", path], check=True)
                yield from _said(name, path.read_bytes())


def _said(voice: str, wav: bytes) -> Iterator[tuple[str, Samples]]:
    samples = decoded(wav)
    if samples is not None:
        yield voice, samples
