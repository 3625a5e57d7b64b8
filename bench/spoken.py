"""Speech the speech step was tuned on: invented sentences in six languages, spoken by synthetic voices from Debian.

All of it is synthetic: espeak-ng (formants; GPL-3.0, its sound is not covered), festival with cmu_us_slt (HTS), lp
(Italian diphones) and msu_ru_nsh (Russian units). A voice that is not installed is left out.
What one synthesiser says is the same for every way of hearing it, so ratios and differences in word errors hold;
absolute word errors say nothing about people.
"""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
Samples = NDArray[np.float32]

SENTENCES = {
    "en": [
        "Could you bring the blue folder when you come over tonight?",
        "The plumber says the kitchen will be finished by Thursday afternoon.",
        "I left the spare key under the third flower pot near the gate.",
        "We should leave at seven if we want to miss the traffic.",
        "My sister has changed her mind about the restaurant again.",
        "Please remember to feed the neighbour's cat while they are away.",
        "The meeting was moved to the small room on the second floor.",
        "Nobody told me that the train does not stop there on Sundays.",
        "There is still some soup left in the fridge if you are hungry.",
        "The doctor called back and everything looks fine.",
        "Let me know which colour you prefer for the living room wall.",
        "I am standing in front of the library and it is raining hard.",
        "He said the parcel was delivered yesterday, but I cannot find it.",
        "Can somebody give the children a lift to football practice?",
        "The invoice for March has the wrong address on the first page.",
        "Thanks for the pictures, grandmother was very happy about them.",
    ],
    "de": [
        "Kannst du bitte noch Brot und Milch vom Laden mitbringen?",
        "Der Zug hat heute wieder zwanzig Minuten Verspätung.",
        "Wir treffen uns morgen um halb neun vor dem alten Rathaus.",
        "Die Lehrerin hat gesagt, dass der Ausflug verschoben wird.",
        "Ich habe den Schlüssel bei den Nachbarn im Briefkasten gelassen.",
        "Das Fahrrad steht seit gestern mit einem Platten in der Garage.",
        "Oma freut sich sehr über die Blumen und den langen Brief.",
        "Am Samstag grillen wir im Garten, wenn das Wetter gut bleibt.",
        "Die Rechnung für den neuen Herd ist endlich angekommen.",
        "Vergiss bitte nicht, das Fenster im Schlafzimmer zu schließen.",
        "Der Arzt hat erst in drei Wochen wieder einen Termin frei.",
        "Unsere Katze schläft den ganzen Tag auf dem warmen Sofa.",
        "Im Keller brennt noch Licht, schau bitte kurz nach.",
        "Wer fährt am Montag die Kinder zum Schwimmen?",
        "Das Konzert beginnt um acht, aber der Einlass ist schon um sieben.",
        "Mein Bruder hat die neue Wohnung gestern zum ersten Mal gesehen.",
    ],
    "es": [
        "Mañana por la tarde vamos a comer en casa de mi abuela.",
        "El autobús sale a las ocho y media desde la plaza mayor.",
        "No encuentro las llaves del coche en ninguna parte.",
        "La reunión de padres se ha cambiado al próximo jueves.",
        "¿Puedes comprar tomates y pan antes de volver a casa?",
        "Los niños han dejado la ventana abierta toda la noche.",
        "El médico dice que necesita descansar una semana más.",
        "Te mando las fotos del viaje cuando llegue al hotel.",
        "Hay una carta para ti encima de la mesa de la cocina.",
        "El perro del vecino ha vuelto a entrar en nuestro jardín.",
        "Hoy hace mucho calor y no quiero salir a la calle.",
        "Mi hermana empieza su nuevo trabajo el lunes por la mañana.",
    ],
    "fr": [
        "On se retrouve demain matin devant la gare avec les valises.",
        "Le médecin a dit que tout va bien et qu'il faut se reposer.",
        "J'ai oublié mon parapluie dans la voiture de ton frère.",
        "La réunion commence à neuf heures dans la grande salle.",
        "Est-ce que tu peux acheter du pain et du fromage ce soir?",
        "Les enfants jouent dans le jardin depuis ce matin.",
        "Ma grand-mère nous attend dimanche pour le déjeuner.",
        "Le facteur a laissé un paquet chez la voisine du dessous.",
        "Il n'y a plus de lait dans le réfrigérateur.",
        "Nous partons en vacances la première semaine de juillet.",
        "La fenêtre de la cuisine ne ferme plus très bien.",
        "Le film était un peu long mais la musique était belle.",
    ],
    "it": [
        "Domani mattina andiamo al mercato a comprare la frutta.",
        "Il treno per Bologna parte dal binario numero sette.",
        "Mia madre ha preparato una torta per il compleanno di Luca.",
        "Puoi chiudere la finestra del bagno prima di uscire?",
        "La riunione di oggi è stata spostata a venerdì pomeriggio.",
        "Ho lasciato il libro sul tavolo vicino alla porta.",
        "Il dottore dice che devo camminare almeno un'ora al giorno.",
        "I bambini sono già arrivati a scuola con la nonna.",
        "Questa sera mangiamo una pizza insieme agli amici.",
        "Non trovo il telefono, forse è rimasto in macchina.",
        "Il gatto dorme sempre sulla sedia accanto alla finestra.",
        "Le chiavi della cantina sono nel cassetto della cucina.",
    ],
    "ru": [
        "Завтра утром мы едем на дачу вместе с бабушкой.",
        "Поезд приходит в семь часов вечера на первую платформу.",
        "Купи пожалуйста хлеб и молоко по дороге домой.",
        "Врач сказал, что всё хорошо и волноваться не надо.",
        "Собрание перенесли на четверг, в большую комнату.",
        "Дети играют во дворе с самого утра.",
        "Я оставил ключи на столе рядом с телефоном.",
        "На улице сильный дождь, возьми с собой зонт.",
        "Моя сестра начинает новую работу в понедельник.",
        "Сегодня вечером мы идём в театр с друзьями.",
        "Письмо из банка лежит на кухне под газетой.",
        "Спасибо за фотографии, они очень красивые.",
    ],
}
FESTIVAL = {
    "en": ("voice_cmu_us_slt_arctic_hts", "utf-8"),
    "it": ("voice_lp_diphone", "iso-8859-1"),
    "ru": ("voice_msu_ru_nsh_clunits", "utf-8"),
}
ESPEAK = {"en": "en-us", "de": "de", "es": "es", "fr": "fr-fr", "it": "it", "ru": "ru"}


@dataclass(frozen=True)
class Note:
    """A voice note: 16 kHz mono samples, what is said in it, and in which language."""

    name: str
    language: str
    text: str
    samples: Samples

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def say(text: str, language: str, voice: int) -> Samples | None:
    """The sentence spoken by the language's voice 0 (festival), 1 or 2 (espeak-ng, two speeds and heights)."""
    if voice == 0:
        if language not in FESTIVAL or not which("text2wave"):
            return None
        name, encoding = FESTIVAL[language]
        command = ["text2wave", "-F", str(RATE), "-eval", f"({name})"]
        done = subprocess.run(command, input=text.encode(encoding, "ignore"), capture_output=True, check=False)
        return decoded(done.stdout) if done.returncode == 0 and done.stdout else None
    speed, height = (150, 45) if voice == 1 else (175, 60)
    command = ["espeak-ng", "-v", ESPEAK[language], "-s", str(speed), "-p", str(height), "--stdout", text]
    return decoded(subprocess.run(command, capture_output=True, check=True).stdout)


def short_notes(seed: int = 1) -> list[Note]:
    """Every sentence in every voice that has it, those of at most 8 s, in an order mixed by the seed."""
    notes = []
    for language, sentences in SENTENCES.items():
        for number, text in enumerate(sentences):
            for voice in (0, 1, 2) if number % 2 else (0, 2, 1):
                samples = say(text, language, voice)
                if samples is not None and len(samples) <= 8 * RATE:
                    notes.append(Note(f"tuned-{language}{number:02}-v{voice}", language, text, as_recorded(samples)))
    random.Random(seed).shuffle(notes)
    return notes


def silent_notes() -> list[Note]:
    """Silence, hiss, hum, chords, a tune with drums, and voices that say nothing: many at once, and backwards."""
    rng = np.random.default_rng(3)
    time = np.arange(8 * RATE, dtype=np.float32) / RATE
    chord = sum(np.sin(2 * np.pi * f * time) / n for n, f in enumerate((220, 277, 330, 440), 1)) * 0.2
    melody = np.concatenate(
        [np.sin(2 * np.pi * f * time[: RATE // 2]) * 0.3 for f in (262, 294, 330, 349, 392, 440) * 3]
    )
    sounds = {
        "silence": np.zeros(8 * RATE),
        "hiss": rng.normal(0, 0.05, 8 * RATE),
        "loud hiss": rng.normal(0, 0.3, 8 * RATE),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * time),
        "chord": chord * (1 + 0.5 * np.sin(2 * np.pi * 2 * time)),
        "melody": melody,
        "clicks": (rng.random(8 * RATE) > 0.9995) * 0.9,
        "band": _band(rng),
        "crowd": _crowd(),
        "backwards": _crowd(voices=2),
    }
    return [Note(name, "", "", sound.astype(np.float32)) for name, sound in sounds.items()]


def _band(rng: np.random.Generator) -> NDArray[np.float64]:
    """Plucked strings, a bass and a drum."""
    beat = RATE // 2
    time = np.arange(beat) / RATE
    played = []
    for root in (110, 147, 165, 110) * 4:
        strings = sum(np.sin(2 * np.pi * root * ratio * n * time) / n**2 for ratio in (2, 2.5, 3) for n in range(1, 6))
        bass = np.sin(2 * np.pi * root * time)
        drum = rng.normal(0, 1, beat) * np.exp(-time * 60)
        played.append(strings * np.exp(-time * 5) * 0.12 + bass * 0.15 + drum * 0.3)
    return np.concatenate(played)


def _crowd(voices: int = 10) -> NDArray[np.float64]:
    """Voices in several languages at once, backwards, so that no word in it is a word."""
    length = 8 * RATE
    mixed = np.zeros(length)
    for number in range(voices):
        language = list(SENTENCES)[number % len(SENTENCES)]
        said = [say(text, language, 1) for text in SENTENCES[language][number : number + 3]]
        voice = np.concatenate([samples for samples in said if samples is not None])[::-1]
        mixed += np.resize(np.roll(voice, number * 4000), length)
    return mixed * 0.7 / max(0.01, float(np.abs(mixed).max()))


def write(note: Note, folder: Path) -> Path:
    """The note as a phone sends it: Opus in Ogg, mono."""
    import av

    path = folder / f"{note.name.replace(' ', '_')}.opus"
    with av.open(str(path), "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = 24_000
        frame = av.AudioFrame.from_ndarray((note.samples * 32767).astype(np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000, frame_size=960)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path


def as_recorded(samples: Samples) -> Samples:
    """As a phone does: with a little noise and half a second around it, as recordings have."""
    noise = np.random.default_rng(len(samples)).normal(0, 0.002, len(samples) + RATE).astype(np.float32)
    noise[RATE // 2 : RATE // 2 + len(samples)] += samples
    return np.clip(noise, -1, 1)


def decoded(data: bytes) -> Samples | None:
    """A synthesiser's wav as 16 kHz mono, its loudest at 0.7; None where there is no sound in it."""
    # Both programs write to a pipe before they know the length, so the sizes in the header mean nothing.
    rate, at = int.from_bytes(data[24:28], "little"), data.find(b"data") + 8
    samples = np.frombuffer(data[at : at + (len(data) - at) // 2 * 2], np.int16).astype(np.float32) / 32768
    if not len(samples):
        return None
    if rate != RATE:
        count = int(len(samples) * RATE / rate)
        samples = np.interp(np.linspace(0, len(samples) - 1, count), np.arange(len(samples)), samples).astype(
            np.float32
        )
    return samples * np.float32(0.7 / max(0.01, float(np.abs(samples).max())))
