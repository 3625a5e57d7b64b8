"""Media in Supabase Storage, through supabase-py."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import httpx
from supabase import ClientOptions, create_client

from wa_pipeline.errors import BucketMissing, ContentMismatch, ObjectMissing
from wa_pipeline.storage.calls import Backoff, Duplicate, call
from wa_pipeline.storage.download import save, stream
from wa_pipeline.storage.failures import Place
from wa_pipeline.storage.interface import (
    BucketState,
    SignedUrl,
    StoredObject,
    require_private,
    whole_seconds,
)
from wa_pipeline.storage.keys import BUCKET, checked, content_of, sha256_of
from wa_pipeline.storage.listing import Page, everything

if TYPE_CHECKING:
    from storage3._sync.file_api import SyncBucketProxy
    from storage3.types import FileOptions, ListBucketFilesOptions

T = TypeVar("T")

TIMEOUT = httpx.Timeout(60, connect=5)
READING_TTL_S = 120
BATCH = 500
LIST_PAGE = 1000
# A server that caps a page lower than we ask gives this many; only a shorter page is surely the last.
LIST_FLOOR = 100

# httpx logs every address at INFO, and a signed link opens its object to whoever reads the log.
logging.getLogger("httpx").setLevel(logging.WARNING)


class SupabaseStore:
    """Objects in a private bucket. Every call may be repeated safely, and is, after a failure that may pass."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        bucket: str = BUCKET,
        backoff: Backoff | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self.bucket = bucket
        self.where = httpx.URL(url).netloc.decode()
        self._secret = key
        self._backoff = backoff or Backoff()
        # A redirect would carry the apikey header along to wherever it points: none is followed.
        self._http = httpx.Client(timeout=timeout, follow_redirects=False)
        self._storage = create_client(url, key, ClientOptions(httpx_client=self._http)).storage
        self._known_private = False

    def bucket_state(self) -> BucketState:
        """Asks Storage. A wrong key is `StoreUnauthorized`."""
        try:
            found = self._bare_call(lambda: self._storage.get_bucket(self.bucket))
        except BucketMissing:
            return BucketState(False, None)
        return BucketState(True, found.public)

    def ensure_bucket(self) -> BucketState:
        """See `MediaStore.ensure_bucket`; several processes may do so at once."""
        state = self.bucket_state()
        if state.exists:
            return state
        with suppress(Duplicate):
            self._bare_call(lambda: self._storage.create_bucket(self.bucket, options={"public": False}))
        return self.bucket_state()

    def put(self, key: str, path: Path, *, mime: str) -> bool:
        """See `MediaStore.put`. When an answer was lost on its way, what was stored here counts as found."""
        checked(key)
        if not self._known_private:
            require_private(self)
            self._known_private = True
        try:
            self._upload(key, path, mime, upsert="false")
            return True
        except Duplicate:
            if self._size(key) == path.stat().st_size:
                return False
        with path.open("rb") as file:
            if sha256_of(file) != content_of(key):
                raise ContentMismatch(file=path.name, key=key)
        self._upload(key, path, mime, upsert="true")
        return True

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """Streams the object. A connection that breaks off in mid-body is `StoreUnreachable`, never a short file."""
        link = self._call(lambda: self._reading_link(checked(key)), key)
        with stream(self._http, link, self._place(key)) as body:
            yield body

    def fetch(self, key: str, to: Path) -> None:
        """See `MediaStore.fetch`; a download that breaks off starts again."""
        place = self._place(checked(key))
        self._call(lambda: save(stream(self._http, self._reading_link(key), place), key, to), key)

    def exists(self, key: str) -> bool:
        """Whether Storage knows the object; False only when it says so itself."""
        try:
            self._size(checked(key))
        except ObjectMissing:
            return False
        return True

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """See `MediaStore.list`: a request for each sha256, several at once."""
        if not self.bucket_state().exists:
            raise BucketMissing(bucket=self.bucket, where=self.where)
        yield from everything(self._pages, prefix)

    def delete(self, keys: Sequence[str]) -> int:
        """Deletes in batches; counts what Storage says it deleted."""
        wanted = [checked(key) for key in keys]
        return sum(self._delete_batch(wanted[at : at + BATCH]) for at in range(0, len(wanted), BATCH))

    def sign(self, keys: Sequence[str], *, ttl: timedelta) -> dict[str, SignedUrl]:
        """One request for up to 500 links."""
        wanted = [checked(key) for key in keys]
        seconds = whole_seconds(ttl)
        links: dict[str, SignedUrl] = {}
        for at in range(0, len(wanted), BATCH):
            links |= self._sign_batch(wanted[at : at + BATCH], seconds)
        return links

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    @property
    def _files(self) -> SyncBucketProxy:
        return self._storage.from_(self.bucket)

    def _upload(self, key: str, path: Path, mime: str, *, upsert: str) -> None:
        # Storage strips parameters (`audio/ogg; codecs=opus`) itself; a path, not bytes, keeps the memory flat.
        kind = mime.partition(";")[0].strip() or "application/octet-stream"
        options: FileOptions = {"content-type": kind, "upsert": upsert}
        self._call(lambda: self._files.upload(key, path, options), key)

    def _size(self, key: str) -> int:
        return self._call(lambda: int(self._files.info(key)["size"]), key)

    def _reading_link(self, key: str) -> str:
        link = self._files.create_signed_url(key, READING_TTL_S)["signedURL"]
        if link is None:
            raise ObjectMissing(key=key)
        return link

    def _delete_batch(self, keys: Sequence[str]) -> int:
        return len(self._call(lambda: self._files.remove([*keys])))

    def _sign_batch(self, keys: Sequence[str], seconds: int) -> dict[str, SignedUrl]:
        # Taken before the request, so that a link lives at least as long as we say.
        expires_at = datetime.fromtimestamp(int(time.time()) + seconds, UTC)
        answers = self._call(lambda: self._files.create_signed_urls([*keys], seconds))
        return {one["path"]: SignedUrl(one["signedURL"], expires_at) for one in answers if one["signedURL"]}

    def _pages(self, folder: str) -> Iterator[Page]:
        offset = 0
        while True:
            page = self._list_page(folder, offset)
            yield page
            offset += len(page)
            if len(page) < LIST_FLOOR:
                return

    def _list_page(self, folder: str, offset: int) -> Page:
        options: ListBucketFilesOptions = {
            "limit": LIST_PAGE,
            "offset": offset,
            "sortBy": {"column": "name", "order": "asc"},
        }
        return self._call(lambda: self._files.list(folder.rstrip("/"), options))

    def _place(self, key: str = "") -> Place:
        return Place(self.where, self.bucket, key, self._secret)

    def _bare_call(self, action: Callable[[], T], key: str = "") -> T:
        return call(action, self._place(key), self._backoff)

    def _call(self, action: Callable[[], T], key: str = "") -> T:
        try:
            return self._bare_call(action, key)
        except BucketMissing:
            # To a wrong key Storage says in places that there is no such bucket; asked for the bucket itself, it
            # says that the key is wrong.
            self._bare_call(lambda: self._storage.get_bucket(self.bucket))
            raise
