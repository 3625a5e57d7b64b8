"""What the console reads: pages of messages with links to their media. Nothing of HTTP here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from wa_pipeline.archive.media_links import storage_path_of
from wa_pipeline.archive.search import MediaItem, MessageItem, SearchPage, SearchQuery, search, warm
from wa_pipeline.archive.search_names import read_names
from wa_pipeline.console.kept import Kept
from wa_pipeline.console.models import Group, Match, Media, Message, MessagePage, Named
from wa_pipeline.errors import BadObjectKey, ObjectMissing
from wa_pipeline.storage import MediaStore, SignedUrl, key_of

T = TypeVar("T")

WAIT_S = 5.0
HEALTH_WAIT_S = 3.0
# /healthz needs no token: whoever calls it must not be able to make us call Supabase as often as they like.
STORE_CHECK_EVERY_S = 5.0
WARM_WAIT_S = 0.5
NAMES_FRESH_S, NAMES_KEPT_S = 30.0, 300.0


class Reader:
    """Reads the archive through a pool and signs links for what it finds."""

    def __init__(self, pool: ConnectionPool, store: MediaStore, ttl: timedelta) -> None:
        self._pool = pool
        self._store = store
        self._ttl = ttl
        self._store_seen = -STORE_CHECK_EVERY_S
        self.names = Kept(lambda: self.read(read_names), fresh_s=NAMES_FRESH_S, kept_s=NAMES_KEPT_S)
        self._kept: dict[str, Kept[Any]] = {}

    def warm(self) -> None:
        """Begins to read, aside, what the first search needs, and waits a moment for the most of it."""
        self.names.renew()
        aside = threading.Thread(target=self._warm, daemon=True)
        aside.start()
        aside.join(WARM_WAIT_S)

    def _warm(self) -> None:
        # Whoever needs the database next meets the same fault, and tells it.
        with suppress(psycopg.Error, PoolTimeout):
            self.read(warm)

    def found(self, query: SearchQuery) -> SearchPage:
        """A page of messages; the first one of a term names the people and groups that may be meant."""
        names = self.names.get() if query.q and not query.cursor else None
        return self.read(lambda conn: search(conn, query, names))

    def messages(self, query: SearchQuery) -> MessagePage:
        """A page of messages, its links signed in one go."""
        page = self.found(query)
        links = self.links(page.items)
        return MessagePage(
            items=[message_of(item, links) for item in page.items],
            next_cursor=page.next_cursor,
            prev_cursor=page.prev_cursor,
            named=Named.model_validate(page.named, from_attributes=True) if page.named else None,
        )

    def links(self, items: Iterable[MessageItem]) -> dict[str, SignedUrl]:
        """Links to the media of all these messages by object key, signed in one go; without those not in the store."""
        keys = {key for item in items if item.media and (key := _key(item.media.storage_path))}
        return self._store.sign(sorted(keys), ttl=self._ttl) if keys else {}

    def media_link(self, media_id: UUID) -> SignedUrl:
        """A link to one media row's file. `ObjectMissing` where there is no row, or no file yet."""
        path = self.read(lambda conn: storage_path_of(conn, media_id))
        key = _key(path) if path else None
        links = self._store.sign([key], ttl=self._ttl) if key else {}
        if key not in links:
            raise ObjectMissing(key=key or media_id)
        return links[key]

    def check(self) -> None:
        """Raises unless the database and the store both answer."""
        self.read(ConnectionPool.check_connection, wait_s=HEALTH_WAIT_S)
        if time.monotonic() - self._store_seen > STORE_CHECK_EVERY_S:
            self._store.bucket_state()
            self._store_seen = time.monotonic()

    def read(self, work: Callable[[psycopg.Connection], T], *, wait_s: float = WAIT_S) -> T:
        """Runs `work` once more on a fresh connection where the one from the pool turns out to be dead."""
        try:
            with self._pool.connection(timeout=wait_s) as conn:
                return work(conn)
        except PoolTimeout:
            raise
        except psycopg.OperationalError:
            self._pool.check()
        with self._pool.connection(timeout=wait_s) as conn:
            return work(conn)

    def write(self, work: Callable[[psycopg.Connection], T]) -> T:
        """Runs `work` in a transaction, once: what was cut off may have been done."""
        with self._pool.connection(timeout=WAIT_S) as conn:
            return work(conn)

    def cached(self, name: str, seconds: float, work: Callable[[psycopg.Connection], T]) -> T:
        """What `work` answered at most so many seconds ago; it runs once, however many ask at that moment."""
        # One name, one kind of answer.
        kept: Kept[T] = self._kept.setdefault(name, Kept(lambda: self.read(work), fresh_s=seconds, kept_s=seconds))
        return kept.get()


def _key(path: str) -> str | None:
    """The object's key; None for a row whose file some other program keeps elsewhere."""
    try:
        return key_of(path)
    except BadObjectKey:
        return None


def message_of(item: MessageItem, links: dict[str, SignedUrl]) -> Message:
    """The message as the API gives it."""
    return Message(
        id=item.id,
        wa_msg_id=item.wa_msg_id,
        ts=item.ts,
        chat_id=item.chat_id,
        sender=item.sender,
        kind=item.kind,
        text=item.text,
        parent_id=item.parent_id,
        group=Group(id=item.group.id, name=item.group.name) if item.group else None,
        media=_media(item.media, links.get(_key(item.media.storage_path) or "")) if item.media else None,
        match=Match.model_validate(item.match, from_attributes=True) if item.match else None,
    )


def _media(media: MediaItem, link: SignedUrl | None) -> Media:
    return Media(
        id=media.id,
        mime=media.mime,
        bytes=media.bytes,
        width=media.width,
        height=media.height,
        duration_s=float(media.duration_s) if media.duration_s is not None else None,
        ocr_text=media.ocr_text,
        asr_text=media.asr_text,
        signed_url=link.url if link else None,
        expires_at=link.expires_at if link else None,
    )
