"""What every media store promises. Runs on the local store, on a stand-in for Supabase, and on a real one if given."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.storage.conftest import Sample
from wa_pipeline.errors import (
    BadObjectKey,
    BucketMissing,
    ContentMismatch,
    ObjectDamaged,
    ObjectMissing,
)
from wa_pipeline.storage import BucketState, MediaStore

Samples = Callable[..., Sample]
DAY = timedelta(days=1)


def _get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, timeout=10)


def test_a_bucket_is_made_private_once_and_again_without_harm(bare_store: MediaStore) -> None:
    assert bare_store.bucket_state() == BucketState(exists=False, public=None)
    assert bare_store.ensure_bucket() == BucketState(exists=True, public=False)
    assert bare_store.ensure_bucket() == BucketState(exists=True, public=False)
    assert bare_store.bucket_state() == BucketState(exists=True, public=False)


def test_without_a_bucket_every_use_says_so(bare_store: MediaStore, sample: Samples, tmp_path: Path) -> None:
    one = sample()
    uses: list[Callable[[], object]] = [
        lambda: bare_store.put(one.key, one.path, mime="image/jpeg"),
        lambda: bare_store.open(one.key).__enter__(),
        lambda: bare_store.fetch(one.key, tmp_path / "out"),
        lambda: bare_store.exists(one.key),
        lambda: list(bare_store.list()),
        lambda: bare_store.delete([one.key]),
        lambda: bare_store.sign([one.key], ttl=DAY),
    ]
    for use in uses:
        with pytest.raises(BucketMissing, match=bare_store.bucket):
            use()


def test_what_was_put_comes_back_byte_for_byte(store: MediaStore, sample: Samples, tmp_path: Path) -> None:
    for one in (sample(), sample(b"", "txt"), sample(b"x" * 3_000_000, "mp4")):
        assert store.put(one.key, one.path, mime="application/octet-stream") is True
        with store.open(one.key) as stream:
            assert stream.read() == one.body
        store.fetch(one.key, tmp_path / "fetched")
        assert (tmp_path / "fetched").read_bytes() == one.body
        assert store.exists(one.key)


def test_the_same_content_is_stored_once(store: MediaStore, sample: Samples) -> None:
    one = sample()
    assert [store.put(one.key, one.path, mime="image/png") for _ in range(3)] == [True, False, False]
    assert [stored.key for stored in store.list()] == [one.key]


def test_many_may_put_the_same_file_at_once(store: MediaStore, sample: Samples) -> None:
    one = sample(b"the same picture" * 5000, "jpg")
    first: list[bool] = []
    threads = [
        threading.Thread(target=lambda: first.append(store.put(one.key, one.path, mime="image/jpeg"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(first) == 8
    assert any(first)
    with store.open(one.key) as stream:
        assert stream.read() == one.body


def test_a_damaged_copy_is_replaced_by_the_content_its_key_names(store: MediaStore, sample: Samples) -> None:
    half, whole = sample(b"half a fi", "pdf"), sample(b"half a file", "pdf")
    store.put(whole.key, half.path, mime="application/pdf")
    assert store.put(whole.key, whole.path, mime="application/pdf") is True
    with store.open(whole.key) as stream:
        assert stream.read() == whole.body


def test_a_good_copy_is_not_replaced_by_another_file(store: MediaStore, sample: Samples) -> None:
    whole, half = sample(b"half a file", "pdf"), sample(b"half a fi", "pdf")
    store.put(whole.key, whole.path, mime="application/pdf")
    with pytest.raises(ContentMismatch, match=whole.key):
        store.put(whole.key, half.path, mime="application/pdf")
    with store.open(whole.key) as stream:
        assert stream.read() == whole.body


def test_fetching_a_damaged_copy_leaves_no_file(store: MediaStore, sample: Samples, tmp_path: Path) -> None:
    right, wrong = sample(b"right", "txt"), sample(b"wrong", "txt")
    store.put(right.key, wrong.path, mime="text/plain")
    before = set(tmp_path.iterdir())
    with pytest.raises(ObjectDamaged, match=right.key):
        store.fetch(right.key, tmp_path / "out")
    assert set(tmp_path.iterdir()) == before


def test_what_is_not_there_is_said_to_be_missing(store: MediaStore, sample: Samples, tmp_path: Path) -> None:
    missing = sample().key
    assert store.exists(missing) is False
    with pytest.raises(ObjectMissing, match=missing), store.open(missing):
        pass
    with pytest.raises(ObjectMissing, match=missing):
        store.fetch(missing, tmp_path / "out")
    assert store.delete([missing]) == 0
    assert store.sign([missing], ttl=DAY) == {}


def test_a_stream_may_be_left_early(store: MediaStore, sample: Samples) -> None:
    one = sample(b"0123456789" * 200_000)
    store.put(one.key, one.path, mime="audio/ogg; codecs=opus")
    for _ in range(3):
        with store.open(one.key) as stream:
            assert stream.read(10) == b"0123456789"


def test_listing_goes_past_a_hundred_and_keeps_to_its_prefix(store: MediaStore, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    keys = {f"{number:03d}abc/original.bin" for number in range(105)} | {"flat.bin", "deep/a/b/c.bin"}
    for key in keys:
        store.put(key, path, mime="image/png")
    found = list(store.list())
    assert {stored.key for stored in found} == keys
    assert {stored.bytes for stored in found} == {5}
    assert len(found) == len(keys)
    assert {stored.key for stored in store.list("00")} == {key for key in keys if key.startswith("00")}
    assert [stored.key for stored in store.list("deep/a/")] == ["deep/a/b/c.bin"]
    assert [stored.key for stored in store.list("deep/a/b/c")] == ["deep/a/b/c.bin"]
    assert list(store.list("zzz")) == []
    assert list(store.list("deep/x/")) == []
    assert store.delete([*keys, "gone/original.bin"]) == len(keys)
    assert list(store.list()) == []


@pytest.mark.parametrize(
    "key", ["", "../x", "a/../b", "a//b", "/a", "a/", "a/./b", "ä/b", "a b", "a%2e%2e/b", "a\\b", "a\x00b", "x" * 201]
)
def test_a_key_that_could_lead_elsewhere_is_refused(store: MediaStore, sample: Samples, key: str) -> None:
    with pytest.raises(BadObjectKey):
        store.put(key, sample().path, mime="image/png")
    with pytest.raises(BadObjectKey):
        store.sign([key], ttl=DAY)
    with pytest.raises(BadObjectKey), store.open(key):
        pass


def test_a_signed_link_downloads_the_very_bytes(store: MediaStore, sample: Samples) -> None:
    one, other = sample(ext="jpg"), sample(ext="jpg")
    for some in (one, other):
        store.put(some.key, some.path, mime="image/jpeg")
    before = datetime.now(UTC)
    links = store.sign([one.key, "0/missing.bin", other.key], ttl=DAY)
    assert set(links) == {one.key, other.key}
    answer = _get(links[one.key].url)
    assert answer.status_code == 200
    assert answer.content == one.body
    assert answer.headers["content-type"] == "image/jpeg"
    assert abs(links[one.key].expires_at - (before + DAY)) < timedelta(seconds=3)
    assert links[one.key].expires_at.utcoffset() == timedelta(0)


def test_a_signed_link_serves_ranges(store: MediaStore, sample: Samples) -> None:
    one = sample(b"0123456789", "mp3")
    store.put(one.key, one.path, mime="audio/mpeg")
    url = store.sign([one.key], ttl=DAY)[one.key].url
    for asked, expected in (("bytes=2-4", b"234"), ("bytes=7-", b"789"), ("bytes=-2", b"89")):
        answer = _get(url, range=asked)
        assert (answer.status_code, answer.content) == (206, expected)
        assert answer.headers["content-range"].endswith("/10")


def test_a_signed_link_ends(store: MediaStore, sample: Samples) -> None:
    one = sample()
    store.put(one.key, one.path, mime="image/jpeg")
    link = store.sign([one.key], ttl=timedelta(seconds=4))[one.key]
    assert _get(link.url).status_code == 200
    time.sleep(max(0.0, (link.expires_at - datetime.now(UTC)).total_seconds()) + 0.3)
    answer = _get(link.url)
    assert answer.is_client_error
    assert one.body not in answer.content


def test_a_signed_link_is_good_for_its_own_object_only(store: MediaStore, sample: Samples) -> None:
    one, other = sample(), sample()
    for some in (one, other):
        store.put(some.key, some.path, mime="image/jpeg")
    url = store.sign([one.key], ttl=DAY)[one.key].url
    address, _, token = url.partition("?token=")
    changed = token[:-5] + ("0" if token[-5] != "0" else "1") + token[-4:]
    for forged in (
        address.replace(one.key, other.key) + f"?token={token}",
        f"{address}?token={changed}",
        f"{address}?token=",
        f"{address}?token=x",
        address,
    ):
        answer = _get(forged)
        assert answer.is_client_error, forged
        assert one.body not in answer.content
        assert other.body not in answer.content


def test_a_link_dies_with_its_object(store: MediaStore, sample: Samples) -> None:
    one = sample()
    store.put(one.key, one.path, mime="image/jpeg")
    url = store.sign([one.key], ttl=DAY)[one.key].url
    assert store.delete([one.key]) == 1
    assert _get(url).is_client_error


def test_many_links_are_signed_in_one_go(store: MediaStore, sample: Samples) -> None:
    one = sample()
    store.put(one.key, one.path, mime="image/jpeg")
    keys = [f"{number}/original.bin" for number in range(600)] + [one.key]
    assert set(store.sign(keys, ttl=DAY)) == {one.key}
    assert store.sign([], ttl=DAY) == {}


def test_a_life_of_nothing_is_refused(store: MediaStore) -> None:
    for ttl in (timedelta(0), timedelta(days=-1)):
        with pytest.raises(ValueError, match="at least a second"):
            store.sign(["a/original.jpg"], ttl=ttl)
