"""Fills a migrated database with an invented archive of any size, by COPY, the same rows for the same seed.

    python -m bench.make_corpus --messages 200000 --media 20000 --url postgresql://… [--migrate] [--json]

Words are drawn from Zipf-like vocabularies (Latin, Hebrew, Arabic, Chinese), messages come in days of bursts and lulls
over six years, chats and senders are as unequal as real ones, and a tenth of the messages carry an emoji. Terms of
known number are planted, so that a search bench can check its answers: see `Corpus`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import psycopg

BEGIN = datetime(2019, 1, 1, tzinfo=UTC)
DAYS = 6 * 365
CHATS, SENDERS = 60, 400
BATCH = 20_000
CONSONANTS, VOWELS = "bcdfghklmnprstvw", "aeiou"  # no j, q, x, y or z: the planted Latin words are made of those
HEBREW, ARABIC = "אבגדהוחטיכלמנספקרשת", "ابتثجحدرسشعفقكلمنهوي"  # likewise without צ and ض
EMOJI = "😂❤😍🙏👍😊🎉😭🔥🥰😅💪🤣🌹✨👏🤔😘🎂🙈"
SCRIPTS = (("latin", 0.80), ("hebrew", 0.08), ("arabic", 0.06), ("chinese", 0.06))
PLANTED = {
    "rare": (("quixzyjoz", 3, "text"), ("zyxajuq", 2, "ocr_text"), ("jazzyqix", 2, "asr_text")),
    "hebrew_rare": (("צצצו", 3, "text"),),
    "arabic_rare": (("ضضضا", 3, "text"),),
    "cjk_two_characters": (("麒麟", 4, "text"), ("饕餮", 3, "ocr_text")),
    "emoji_rare": (("🦔", 5, "text"),),
}
ABSENT = ("zzyqqx", "צצצץ", "ضضضظ", "鑿齲", "🦕")
_KINDS = ("image", "audio", "doc", "video")
_MIMES = {
    "image": ("image/jpeg", "jpg"),
    "audio": ("audio/ogg", "opus"),
    "doc": ("application/pdf", "pdf"),
    "video": ("video/mp4", "mp4"),
}


@dataclass(frozen=True)
class Corpus:
    """What was written. `terms` by class for a bench to ask for; `planted` how many messages hold each planted term."""

    messages: int
    media: int
    chats: int
    seconds: float
    terms: dict[str, list[str]]
    planted: dict[str, int]


class Words:
    """Draws words of one script, the n-th most common one about n times rarer than the first."""

    def __init__(self, script: str, rng: np.random.Generator) -> None:
        self.joint = "" if script == "chinese" else " "
        self.list = _vocabulary(script, rng)
        weights = 1 / np.arange(1, len(self.list) + 1) ** 1.05
        self._steps = np.cumsum(weights / weights.sum())
        self._rng = rng

    def draw(self, count: int) -> list[str]:
        places = np.searchsorted(self._steps, self._rng.random(count))
        return [self.list[place] for place in np.minimum(places, len(self.list) - 1)]

    def texts(self, lengths: Sequence[int]) -> list[str]:
        """One text for each length in words."""
        pool = iter(self.draw(int(sum(lengths))))
        return [self.joint.join(next(pool) for _ in range(length)) for length in lengths]


def _vocabulary(script: str, rng: np.random.Generator) -> list[str]:
    """Distinct invented words, the common ones short as in any language."""
    size = {"latin": 20_000, "hebrew": 8_000, "arabic": 8_000, "chinese": 6_000}[script]
    words: dict[str, None] = {}
    signs = rng.choice(np.arange(0x4E00, 0x9E00), 1_800, replace=False) if script == "chinese" else None
    planted = {sign for terms in PLANTED.values() for term, _, _ in terms for sign in term}
    while len(words) < size:
        growth = 1 + int(len(words) > 60) + int(len(words) > 2_000)
        if script == "latin":
            parts = int(rng.integers(1, 2 + growth))
            word = "".join(_letter(rng, CONSONANTS) + _letter(rng, VOWELS) for _ in range(parts))
            word += _letter(rng, CONSONANTS) * int(rng.random() < 0.5)
        elif signs is not None:
            word = "".join(chr(int(sign)) for sign in rng.choice(signs, int(rng.integers(1, 3))))
            if planted & set(word) or set(word) & set("".join(ABSENT)):
                continue
        else:
            letters = HEBREW if script == "hebrew" else ARABIC
            word = "".join(_letter(rng, letters) for _ in range(int(rng.integers(2, 4 + growth))))
        words[word] = None
    return list(words)


def _letter(rng: np.random.Generator, letters: str) -> str:
    return letters[int(rng.integers(len(letters)))]


class Corpora:
    """The invented archive: everything is decided from one seeded generator, in a fixed order."""

    def __init__(self, messages: int, media: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.messages, self.media = messages, min(media, messages)
        self.words = {script: Words(script, self.rng) for script, _ in SCRIPTS}
        self.groups = [(self._uuid(), f"{120363_000_000_000_000 + n}@g.us") for n in range(CHATS)]
        self.media_ids = [self._uuid() for _ in range(self.media)]
        self.media_kinds = self.rng.choice(len(_KINDS), self.media, p=[0.68, 0.20, 0.08, 0.04])
        # Which message carries which file; one in fifty repeats an earlier one, as forwarded pictures do.
        self.carriers = np.sort(self.rng.choice(messages, self.media, replace=False))
        files = np.arange(self.media)
        again = (self.rng.random(self.media) < 0.02) & (files > 0)
        files[again] = (self.rng.random(int(again.sum())) * files[again]).astype(int)
        self.carried = dict(zip(self.carriers.tolist(), files.tolist(), strict=True))
        self.planted: dict[str, int] = {}
        self._text_plants: dict[int, str] = {}
        self._media_plants: dict[int, str] = {}
        self._plant()

    def _uuid(self) -> UUID:
        return UUID(bytes=self.rng.bytes(16), version=4)

    def _plant(self) -> None:
        holders: dict[int, int] = {}
        for file in self.carried.values():
            holders[file] = holders.get(file, 0) + 1
        for terms in PLANTED.values():
            for term, count, field in terms:
                wanted = {"ocr_text": (0, 2), "asr_text": (1, 3)}.get(field)
                if wanted is None:
                    free: list[int] = self.rng.permutation(self.messages)[: count * 40].tolist()
                    places = [n for n in free if n not in self.carried and n not in self._text_plants][:count]
                    self._text_plants |= dict.fromkeys(places, term)
                    self.planted[term] = len(places)
                else:
                    fit = [n for n in holders if self.media_kinds[n] in wanted and n not in self._media_plants]
                    chosen = self.rng.permutation(fit)[:count].tolist()
                    self._media_plants |= dict.fromkeys(chosen, term)
                    self.planted[term] = sum(holders[n] for n in chosen)
        self.planted |= dict.fromkeys(ABSENT, 0)

    def group_rows(self) -> Iterator[tuple[object, ...]]:
        names = self.words["latin"].texts([3] * CHATS)
        for (key, jid), name in zip(self.groups, names, strict=True):
            yield key, jid, name.title(), True

    def media_rows(self) -> Iterator[tuple[object, ...]]:
        for start in range(0, self.media, BATCH):
            numbers = range(start, min(start + BATCH, self.media))
            readings = self._texts(np.clip(self.rng.lognormal(3.3, 0.8, len(numbers)), 1, 400).astype(int))
            nothing = self.rng.random(len(numbers)) < 0.25
            for at, number in enumerate(numbers):
                kind = _KINDS[self.media_kinds[number]]
                term = self._media_plants.get(number, "")
                text = f"{readings[at]} {term}" if term else "" if nothing[at] else readings[at]
                read, heard = (text, None) if kind in ("image", "doc") else (None, text)
                mime, extension = _MIMES[kind]
                sha = hashlib.sha256(f"media {number}".encode()).hexdigest()
                path = f"wa-media/{sha}/original.{extension}"
                yield self.media_ids[number], sha, mime, 1_000 + len(text) * 97, path, read, heard

    def message_rows(self) -> Iterator[tuple[object, ...]]:
        times = self._times()
        chats = self._unequal(CHATS, self.messages)
        senders = self._unequal(SENDERS, self.messages)
        for start in range(0, self.messages, BATCH):
            numbers = range(start, min(start + BATCH, self.messages))
            texts = self._texts(np.clip(self.rng.lognormal(1.9, 0.8, len(numbers)), 1, 200).astype(int))
            smiles = self.rng.random(len(numbers)) < 0.1
            captions = self.rng.random(len(numbers)) < 0.3
            for at, number in enumerate(numbers):
                group, jid = self.groups[chats[number]]
                file = self.carried.get(number)
                text: str | None = f"{texts[at]} {EMOJI[number % len(EMOJI)]}" if smiles[at] else texts[at]
                if number in self._text_plants:
                    text = f"{text} {self._text_plants[number]}"
                if file is not None and not captions[at]:
                    text = None
                kind = "text" if file is None else _KINDS[self.media_kinds[file]]
                stanza = hashlib.blake2b(str(number).encode(), digest_size=10).hexdigest().upper()
                moment = BEGIN + timedelta(seconds=int(times[number]))
                sender = f"4477009{senders[number]:05d}@s.whatsapp.net"
                media = None if file is None else self.media_ids[file]
                yield self._uuid(), f"{jid}|{stanza}", moment, jid, sender, kind, text, media, group

    def _texts(self, lengths: np.ndarray) -> list[str]:
        """A text for each length, each in one script."""
        script = self.rng.choice(len(SCRIPTS), len(lengths), p=[share for _, share in SCRIPTS])
        texts = [""] * len(lengths)
        for number, (name, _) in enumerate(SCRIPTS):
            mine = np.flatnonzero(script == number)
            for place, text in zip(mine, self.words[name].texts(lengths[mine].tolist()), strict=True):
                texts[place] = text
        return texts

    def _unequal(self, of: int, count: int) -> np.ndarray:
        weights = 1 / np.arange(1, of + 1) ** 0.9
        return self.rng.choice(of, count, p=weights / weights.sum())

    def _times(self) -> np.ndarray:
        """Seconds since BEGIN, sorted: growth over the years, weekends, bursts, and a night's sleep."""
        days = np.arange(DAYS)
        weight = (0.4 + days / DAYS) * np.where(days % 7 >= 5, 1.4, 1.0) * self.rng.lognormal(0, 0.9, DAYS)
        day = self.rng.choice(DAYS, self.messages, p=weight / weight.sum())
        hours = np.array([2, 1, 1, 0.5, 0.5, 1, 3, 6, 8, 7, 7, 7, 8, 7, 6, 6, 7, 9, 11, 12, 13, 12, 9, 5])
        hour = self.rng.choice(24, self.messages, p=hours / hours.sum())
        return np.sort(day * 86_400 + hour * 3_600 + self.rng.integers(0, 3_600, self.messages))

    def terms(self) -> dict[str, list[str]]:
        """Terms to search for, by class: the commonest words, middling ones, and what was planted or left out."""
        latin = self.words["latin"].list
        return {
            "common": [word for word in latin[:400] if len(word) >= 4][:5],
            "middling": [word for word in latin[3_000:] if len(word) >= 5][:5],
            "two_letters": [word for word in latin if len(word) == 2][:3],
            "phrase_of_common": [" ".join(latin[:2]), " ".join(latin[2:4])],
            "hebrew": self.words["hebrew"].list[:3],
            "arabic": self.words["arabic"].list[:3],
            "cjk_one_character": [word for word in self.words["chinese"].list if len(word) == 1][:2],
            "emoji": [EMOJI[0], EMOJI[-1]],
            **{name: [term for term, _, _ in planted] for name, planted in PLANTED.items()},
            "absent": list(ABSENT),
        }


_COPIES = (
    ("groups (id, wa_group_id, name, monitor)", Corpora.group_rows),
    ("media (id, sha256, mime, bytes, storage_path, ocr_text, asr_text)", Corpora.media_rows),
    ("messages (id, wa_msg_id, ts, chat_id, sender, kind, text, media_id, group_id)", Corpora.message_rows),
)


def fill(url: str, *, messages: int, media: int, seed: int = 1) -> Corpus:
    """Writes the archive into the (migrated) database at `url` in one transaction, and analyses its tables.

    Raises psycopg.errors.UniqueViolation where the same archive is there already.
    """
    begun = time.monotonic()
    corpora = Corpora(messages, media, seed)
    with psycopg.connect(url) as conn:
        for target, rows in _COPIES:
            with conn.cursor().copy(f"copy public.{target} from stdin") as copy:
                for row in rows(corpora):
                    copy.write_row(row)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("vacuum analyze public.messages, public.media, public.groups")
    seconds = round(time.monotonic() - begun, 1)
    return Corpus(messages, corpora.media, CHATS, seconds, corpora.terms(), corpora.planted)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.make_corpus", description="Fill a database for benches.")
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--media", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", required=True, help="the database, which must be migrated (or say --migrate)")
    parser.add_argument("--migrate", action="store_true", help="bring the schema up to date first")
    parser.add_argument("--json", action="store_true", help="print the whole Corpus as one JSON object")
    given = parser.parse_args()
    if given.migrate:
        from wa_pipeline.archive.migrations import migrate

        migrate(given.url)
    corpus = fill(given.url, messages=given.messages, media=given.media, seed=given.seed)
    if given.json:
        print(json.dumps(asdict(corpus), ensure_ascii=False))
    else:
        rate = corpus.messages / corpus.seconds
        print(f"{corpus.messages:,} messages, {corpus.media:,} media in {corpus.seconds} s ({rate:,.0f} messages/s)")


if __name__ == "__main__":
    main()
