"""Which store the settings mean, and what an object is called."""

from __future__ import annotations

import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wa_pipeline.errors import BadObjectKey, BadSetting
from wa_pipeline.settings import load_settings
from wa_pipeline.storage import LocalStore, key_of, object_key, open_store, storage_path
from wa_pipeline.storage.keys import checked
from wa_pipeline.storage.remote import SupabaseStore

SHA = st.binary(min_size=32, max_size=32).map(bytes.hex)


def test_without_supabase_media_stay_at_home(wa_home: Path) -> None:
    store = open_store(load_settings())
    assert isinstance(store, LocalStore)
    assert store.where == str(wa_home / "media")
    assert list(wa_home.iterdir()) == []


@pytest.mark.parametrize("name", ["SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"])
def test_with_supabase_either_name_of_the_key_will_do(
    wa_home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("SUPABASE_URL", "https://abc.supabase.co/")
    monkeypatch.setenv(name, "sb_secret_x")
    store = open_store(load_settings())
    assert isinstance(store, SupabaseStore)
    assert store.where == "abc.supabase.co"
    store.close()


@pytest.mark.parametrize("url", ["abc.supabase.co", "postgresql://x", "https://", "https://abc.supabase.co/storage/v1"])
def test_an_address_that_is_none_is_refused(wa_home: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SUPABASE_URL", url)
    monkeypatch.setenv("SUPABASE_SECRET_KEY", "sb_secret_x")
    with pytest.raises(BadSetting, match="SUPABASE_URL"):
        open_store(load_settings())


@pytest.mark.parametrize("key", ["sb secret", "sb_secrét", "a\nb"])
def test_a_key_that_is_none_is_refused_without_showing_it(
    wa_home: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("SUPABASE_URL", "https://abc.supabase.co")
    monkeypatch.setenv("SUPABASE_SECRET_KEY", key)
    with pytest.raises(BadSetting, match="SUPABASE_SECRET_KEY") as caught:
        open_store(load_settings())
    assert key not in str(caught.value)


def test_who_keeps_media_at_home_never_imports_supabase() -> None:
    code = "import sys, wa_pipeline.storage; print({'supabase', 'storage3', 'httpx'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "set()"


@given(SHA, st.text(max_size=20))
def test_every_file_has_a_key_that_both_stores_take(sha256: str, ext: str) -> None:
    key = object_key(sha256, ext)
    assert checked(key) == key
    assert key_of(storage_path(key)) == key
    assert set(key.rpartition(".")[2]) <= set(string.ascii_lowercase + string.digits)


def test_an_extension_is_cleaned() -> None:
    sha256 = "0" * 64
    assert object_key(sha256, ".JPG") == f"{sha256}/original.jpg"
    assert object_key(sha256, "tar.gz") == f"{sha256}/original.bin"
    assert object_key(sha256, "") == f"{sha256}/original.bin"
    with pytest.raises(ValueError, match="sha256"):
        object_key("../../etc", "jpg")


@pytest.mark.parametrize("path", ["", "wa-media", "other/x", "wa-media/", "wa-media/../secrets/console.token"])
def test_a_path_outside_the_bucket_is_no_key(path: str) -> None:
    with pytest.raises(BadObjectKey):
        key_of(path)
