"""Every store there is: on this disk, in a stand-in for Supabase, in a real one where the environment names it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI

from tests.storage.serving import serving
from tests.storage.standin import KEY, StandIn, running_standin
from wa_pipeline.console.failures import register
from wa_pipeline.console.objects import signed_objects
from wa_pipeline.storage import LocalStore, MediaStore
from wa_pipeline.storage.calls import Backoff
from wa_pipeline.storage.remote import SupabaseStore

# Read here: the `wa_home` fixture hides the machine's settings from everything else.
REAL_URL = os.environ.get("SUPABASE_URL")
REAL_KEY = os.environ.get("SUPABASE_SECRET_KEY") or os.environ.get("SUPABASE_SERVICE_ROLE_KEY")
KINDS = ["local", "stand-in", *(["supabase"] if REAL_URL and REAL_KEY else [])]

QUICK = Backoff(attempts=4, first_s=0.01)


@dataclass(frozen=True)
class Sample:
    """A file whose key names its content."""

    key: str
    path: Path
    body: bytes


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """A stand-in server without a bucket."""
    with running_standin() as server:
        yield server


@pytest.fixture
def remote(standin: StandIn) -> Iterator[SupabaseStore]:
    """The real client against the stand-in, its bucket made, its pauses short."""
    store = SupabaseStore(standin.url, KEY, backoff=QUICK)
    store.ensure_bucket()
    standin.seen.clear()
    yield store
    store.close()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalStore]:
    """The local store behind a real server for its links, its bucket made."""
    with local_store(tmp_path) as store:
        store.ensure_bucket()
        yield store


@contextmanager
def local_store(folder: Path) -> Iterator[LocalStore]:
    stores: list[LocalStore] = []

    def app(url: str) -> FastAPI:
        stores.append(LocalStore(folder / "media", signing_key=folder / "secrets" / "signing.key", base_url=url))
        app = FastAPI()
        register(app)
        app.include_router(signed_objects(stores[0]))
        return app

    with serving(app):
        yield stores[0]


@pytest.fixture(params=KINDS)
def bare_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MediaStore]:
    """A store of each kind, without a bucket."""
    if request.param == "local":
        with local_store(tmp_path) as store:
            yield store
    elif request.param == "stand-in":
        with running_standin() as standin:
            emulated = SupabaseStore(standin.url, KEY, backoff=QUICK)
            yield emulated
            emulated.close()
    else:
        assert REAL_URL
        assert REAL_KEY
        remote = SupabaseStore(REAL_URL, REAL_KEY, bucket=f"wa-test-{uuid4().hex[:12]}")
        yield remote
        if remote.bucket_state().exists:
            remote.delete([stored.key for stored in remote.list()])
            remote._storage.delete_bucket(remote.bucket)
        remote.close()


@pytest.fixture
def store(bare_store: MediaStore) -> MediaStore:
    """A store of each kind, ready for use."""
    bare_store.ensure_bucket()
    return bare_store


@pytest.fixture
def sample(tmp_path: Path) -> Callable[..., Sample]:
    """Makes files: `sample()` random bytes, `sample(b"…", "jpg")` these bytes."""

    def make(body: bytes | None = None, ext: str = "bin") -> Sample:
        body = os.urandom(40_000) if body is None else body
        path = tmp_path / f"{uuid4().hex}.{ext}"
        path.write_bytes(body)
        return Sample(f"{hashlib.sha256(body).hexdigest()}/original.{ext}", path, body)

    return make
