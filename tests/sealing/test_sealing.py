"""A sealed value opens with its key and with no other, and keys can be changed without losing one."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from wa_pipeline.errors import BadSealingKey, SealedWithoutKey
from wa_pipeline.sealing import KEY_FILE, KeyFile, Sealer, new_key
from wa_pipeline.settings import Settings, load_settings

KEY, OTHER = new_key(), new_key()


@given(st.one_of(st.binary(max_size=2000), st.text(max_size=500)))
@settings(max_examples=60, deadline=None)
def test_what_is_sealed_opens_again_and_does_not_show(secret: bytes | str) -> None:
    sealer = Sealer([KEY])
    sealed = sealer.seal(secret)
    plain = secret.encode() if isinstance(secret, str) else secret
    assert sealer.open(sealed) == plain
    assert sealed.isascii()
    assert len(plain) < 8 or plain not in sealed.encode()


def test_another_key_and_an_altered_token_do_not_open() -> None:
    sealed = Sealer([KEY]).seal("token")
    assert not Sealer([OTHER]).can_open(sealed)
    for broken in (sealed[:-4] + "AAAA", sealed[1:], "", "plain text", "schlüssel", "\x00"):
        assert not Sealer([KEY]).can_open(broken)
    with pytest.raises(SealedWithoutKey, match="WA_SECRET_KEYS"):
        Sealer([OTHER]).open(sealed)


def test_rotation_seals_with_the_first_key_and_still_opens_the_old() -> None:
    sealed = Sealer([KEY]).seal("token")
    both = Sealer([OTHER, KEY])
    assert both.open(sealed) == b"token"
    assert Sealer([OTHER]).open(both.rotate(sealed)) == b"token"


@pytest.mark.parametrize(
    "keys", [[], ["short"], ["not base64 at all but of some length, really"], [KEY, "x"], ["ü" * 44]]
)
def test_a_key_that_is_none_is_refused_without_being_repeated(keys: list[str]) -> None:
    with pytest.raises(BadSealingKey) as refused:
        Sealer(keys)
    assert not any(key in str(refused.value) for key in keys if len(key) > 1)


def test_keys_come_from_the_setting_first(wa_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WA_SECRET_KEYS", f" {KEY} , {OTHER} ")
    sealer = Sealer.from_settings(load_settings())
    assert sealer.open(Sealer([OTHER]).seal("x")) == b"x"
    assert Sealer([KEY]).can_open(sealer.seal("x"))
    assert not (wa_home / "secrets").exists()


def test_the_first_start_makes_a_key_only_its_owner_can_read(wa_home: Path) -> None:
    sealed = Sealer.from_settings(load_settings()).seal("x")
    path = wa_home / "secrets" / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [KEY_FILE]
    assert Sealer.from_settings(load_settings()).open(sealed) == b"x"


def _first_key(path: Path) -> list[str]:
    return KeyFile(path).keys()


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(_first_key, [tmp_path / "secrets" / KEY_FILE] * 16, chunksize=1)
        # Left by itself, a pool kills its processes, and waits for ever for one that waits for a lock of one killed.
        pool.close()
        pool.join()
    assert len({tuple(each) for each in keys}) == 1


def test_a_running_process_opens_what_was_sealed_with_a_key_added_since(wa_home: Path) -> None:
    running = Sealer.from_settings(load_settings())
    old = running.seal("old")
    file = KeyFile(load_settings().secrets_folder / KEY_FILE)
    file.add_first()
    newer = Sealer.from_settings(load_settings())
    assert running.open(newer.seal("new")) == b"new"
    assert newer.open(old) == b"old"
    file.keep_first()
    assert not Sealer.from_settings(load_settings()).can_open(old)


def test_neither_settings_nor_the_sealer_show_a_secret() -> None:
    settings = Settings.model_validate(
        {
            "secret_keys": SecretStr(KEY),
            "supabase_url": "https://x.supabase.co",
            "supabase_secret_key": "sb_secret_shown",
            "database_url": "postgresql://u:shown@h/d",
            "console_token": "shown",
            "dagster_pg_url": "postgresql://u:shown@h/d",
        }
    )
    for text in (repr(settings), str(settings), settings.model_dump_json(), repr(Sealer.from_settings(settings))):
        assert "shown" not in text
        assert KEY not in text
