"""What can go wrong on the way to Supabase: what passes is waited out, the rest is one sentence without the key."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.storage.conftest import QUICK, Sample
from tests.storage.standin import KEY, Bucket, StandIn, Stored
from wa_pipeline.errors import (
    BucketMissing,
    BucketPublic,
    ObjectRefused,
    StoreError,
    StoreOverQuota,
    StoreUnauthorized,
    StoreUnavailable,
    StoreUnreachable,
)
from wa_pipeline.storage import BucketState
from wa_pipeline.storage.remote import SupabaseStore

Samples = Callable[..., Sample]
WRONG = "sb_secret_this-one-is-wrong"
DAY = timedelta(days=1)
UPLOAD, SIGN, SIGNED = "POST /object/wa-media/", "POST /object/sign/", "GET /object/sign/"


@pytest.fixture
def stranger(standin: StandIn) -> Iterator[SupabaseStore]:
    """A store with a wrong key."""
    store = SupabaseStore(standin.url, WRONG, backoff=QUICK)
    yield store
    store.close()


@pytest.mark.parametrize("kind", ["500", "503", "429", "deaf", "cut", "lost"])
def test_a_passing_failure_is_waited_out(
    remote: SupabaseStore, standin: StandIn, sample: Samples, tmp_path: Path, kind: str
) -> None:
    one = sample()
    standin.fail(kind, UPLOAD, times=2)
    remote.put(one.key, one.path, mime="image/jpeg")
    for on in ("GET /object/info", SIGN, "POST /object/list", "GET /bucket", SIGNED):
        standin.fail(kind, on, times=1)
    assert remote.exists(one.key)
    assert one.key in remote.sign([one.key], ttl=DAY)
    assert [stored.key for stored in remote.list()] == [one.key]
    assert remote.bucket_state().exists
    remote.fetch(one.key, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == one.body
    standin.fail(kind, "DELETE /object", times=1)
    assert remote.delete([one.key]) in (0, 1)
    assert not any(fault.times for fault in standin.faults), "a fault was never met"
    assert standin.buckets["wa-media"].objects == {}


def test_the_server_is_given_the_time_it_asks_for(remote: SupabaseStore, standin: StandIn, sample: Samples) -> None:
    one = sample()
    standin.fail("429", UPLOAD, retry_after="1")
    started = time.monotonic()
    assert remote.put(one.key, one.path, mime="image/jpeg") is True
    assert time.monotonic() - started >= 1


def test_a_lasting_failure_ends_in_one_plain_sentence(remote: SupabaseStore, standin: StandIn, sample: Samples) -> None:
    one = sample()
    standin.fail("503", UPLOAD, times=99)
    with pytest.raises(StoreUnavailable, match="answered 503: 503 Service Temporarily Unavailable") as caught:
        remote.put(one.key, one.path, mime="image/jpeg")
    assert "<" not in str(caught.value)
    assert caught.value.transient
    assert sum(line.startswith(UPLOAD) for line in standin.seen) == QUICK.attempts


def test_a_body_that_breaks_off_is_never_taken_for_the_whole(
    remote: SupabaseStore, standin: StandIn, sample: Samples, tmp_path: Path
) -> None:
    one = sample(os.urandom(2_000_000))
    remote.put(one.key, one.path, mime="video/mp4")
    standin.fail("cut", SIGNED, times=99)
    with remote.open(one.key) as stream, pytest.raises(StoreUnreachable):
        stream.read()
    with pytest.raises(StoreUnreachable):
        remote.fetch(one.key, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nobody_there_is_said_with_the_host(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        store = SupabaseStore(f"http://{host}", KEY, backoff=QUICK)
        with pytest.raises(StoreUnreachable, match=host):
            store.bucket_state()
        store.close()


def test_a_server_that_does_not_answer_in_time_is_given_up(standin: StandIn) -> None:
    store = SupabaseStore(standin.url, KEY, backoff=QUICK, timeout=httpx.Timeout(0.1))
    standin.fail("slow", "GET /bucket", times=99)
    with pytest.raises(StoreUnreachable, match="no answer in time"):
        store.bucket_state()
    store.close()


def test_a_login_page_is_not_taken_for_storage(remote: SupabaseStore, standin: StandIn, sample: Samples) -> None:
    one = sample()
    for on in ("GET /bucket", UPLOAD, SIGN):
        standin.fail("portal", on, times=99)
    for use in (
        remote.bucket_state,
        lambda: remote.put(one.key, one.path, mime="image/jpeg"),
        lambda: remote.sign([one.key], ttl=DAY),
    ):
        with pytest.raises(StoreUnavailable, match="not that of Supabase Storage"):
            use()


def test_the_key_is_not_carried_along_a_redirect(remote: SupabaseStore, standin: StandIn) -> None:
    standin.fail("redirect", "GET /bucket/wa-media", location=f"{standin.url}/storage/v1/bucket/elsewhere")
    with pytest.raises(StoreError, match="answered 307"):
        remote.bucket_state()
    assert "GET /bucket/elsewhere" not in standin.seen


def test_a_wrong_key_is_called_a_wrong_key_and_never_shown(
    standin: StandIn, stranger: SupabaseStore, sample: Samples, tmp_path: Path
) -> None:
    one = sample()
    standin.buckets["wa-media"] = Bucket()
    uses: list[Callable[[], object]] = [
        stranger.bucket_state,
        stranger.ensure_bucket,
        lambda: stranger.put(one.key, one.path, mime="image/jpeg"),
        lambda: stranger.open(one.key).__enter__(),
        lambda: stranger.fetch(one.key, tmp_path / "out"),
        lambda: stranger.exists(one.key),
        lambda: list(stranger.list()),
        lambda: stranger.delete([one.key]),
        lambda: stranger.sign([one.key], ttl=DAY),
    ]
    for use in uses:
        with pytest.raises(StoreUnauthorized, match="SUPABASE_SECRET_KEY") as caught:
            use()
        assert WRONG not in "".join(traceback.format_exception(caught.value))


def test_a_wrong_key_is_not_taken_for_a_missing_bucket(
    standin: StandIn, stranger: SupabaseStore, sample: Samples
) -> None:
    standin.buckets["wa-media"] = Bucket()
    standin.fail("404", SIGN)
    with pytest.raises(StoreUnauthorized):
        stranger.sign([sample().key], ttl=DAY)


def test_a_bucket_that_vanishes_is_called_missing(remote: SupabaseStore, standin: StandIn, sample: Samples) -> None:
    one = sample()
    remote.put(one.key, one.path, mime="image/jpeg")
    standin.buckets.clear()
    with pytest.raises(BucketMissing, match="wa-media"):
        remote.sign([one.key], ttl=DAY)


def test_a_used_up_quota_is_said_at_once(remote: SupabaseStore, standin: StandIn, sample: Samples) -> None:
    one = sample()
    standin.fail("402", UPLOAD, times=99)
    with pytest.raises(StoreOverQuota, match="quota"):
        remote.put(one.key, one.path, mime="image/jpeg")
    assert sum(line.startswith(UPLOAD) for line in standin.seen) == 1


def test_a_file_above_the_bucket_s_limit_is_refused_by_name(
    remote: SupabaseStore, standin: StandIn, sample: Samples
) -> None:
    one = sample()
    standin.buckets["wa-media"].file_size_limit = 1000
    with pytest.raises(ObjectRefused, match=f"{one.key}.*maximum allowed size"):
        remote.put(one.key, one.path, mime="image/jpeg")
    assert sum(line.startswith(UPLOAD) for line in standin.seen) == 1


def test_nothing_goes_into_a_public_bucket_and_it_is_not_flipped(standin: StandIn, sample: Samples) -> None:
    one = sample()
    standin.buckets["wa-media"] = Bucket(public=True)
    store = SupabaseStore(standin.url, KEY, backoff=QUICK)
    assert store.ensure_bucket() == BucketState(exists=True, public=True)
    with pytest.raises(BucketPublic, match="make it private"):
        store.put(one.key, one.path, mime="image/jpeg")
    store.close()
    assert standin.buckets["wa-media"] == Bucket(public=True)


def test_two_who_make_the_bucket_at_once_both_succeed(remote: SupabaseStore, standin: StandIn) -> None:
    standin.fail("404", "GET /bucket/wa-media")
    assert remote.ensure_bucket() == BucketState(exists=True, public=False)


def test_the_type_is_stored_without_its_parameters(remote: SupabaseStore, standin: StandIn, sample: Samples) -> None:
    one = sample(ext="opus")
    remote.put(one.key, one.path, mime="audio/ogg; codecs=opus")
    assert standin.buckets["wa-media"].objects[one.key].mime == "audio/ogg"
    assert standin.uploads[0]["x-upsert"] == "false"


def test_a_server_that_caps_its_listings_hides_nothing(remote: SupabaseStore, standin: StandIn) -> None:
    standin.list_cap = 100
    keys = {f"{number:04d}/original.jpg" for number in range(250)}
    standin.buckets["wa-media"].objects = {key: Stored(b"x", "image/jpeg") for key in keys}
    assert {stored.key for stored in remote.list()} == keys


def test_no_signed_link_reaches_a_log(remote: SupabaseStore, sample: Samples, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    one = sample()
    remote.put(one.key, one.path, mime="image/jpeg")
    with remote.open(one.key) as stream:
        stream.read()
    assert "token=" not in caplog.text
    assert KEY not in caplog.text


BIG = """
import resource, sys
from pathlib import Path
from wa_pipeline.storage.remote import SupabaseStore
url, key, name, path, out = sys.argv[1:]
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
store = SupabaseStore(url, key)
store.bucket_state()
before = peak()
store.put(name, Path(path), mime="video/mp4")
with store.open(name) as stream:
    while stream.read(1 << 20):
        pass
store.fetch(name, Path(out))
print((peak() - before) // 1024)
"""


def test_a_large_file_passes_through_in_constant_memory(
    remote: SupabaseStore, standin: StandIn, sample: Samples, tmp_path: Path
) -> None:
    one = sample(os.urandom(1 << 20) * 64)
    command = [sys.executable, "-c", BIG, standin.url, KEY, one.key, str(one.path), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=Path.cwd(), check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out").read_bytes() == one.body
    assert int(done.stdout) < 24, "MB above start-up, of a file of 64"
