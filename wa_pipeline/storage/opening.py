"""Which media store the settings mean."""

from __future__ import annotations

from urllib.parse import urlsplit

from wa_pipeline.errors import BadSetting
from wa_pipeline.settings import Settings
from wa_pipeline.storage.interface import MediaStore


def open_store(settings: Settings) -> MediaStore:
    """Supabase Storage where SUPABASE_URL is set, else files under $WA_HOME/media. Asks nothing of either yet.

    Raises `BadSetting` for an address or a key that no request could be made with.
    """
    if settings.supabase_url is None:
        from wa_pipeline.storage.local import LocalStore

        return LocalStore(
            settings.home / "media",
            signing_key=settings.secrets_folder / "url-signing.key",
            base_url=settings.console_url,
        )
    url, key = settings.supabase_url.strip().rstrip("/"), _key(settings)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
        raise BadSetting(
            variable="SUPABASE_URL",
            value=url,
            reason="it must look like https://<project>.supabase.co",
        )

    # supabase takes a second to import, which whoever keeps media locally need not wait for.
    from wa_pipeline.storage.remote import SupabaseStore

    return SupabaseStore(url, key)


def _key(settings: Settings) -> str:
    key = settings.supabase_secret_key.get_secret_value().strip() if settings.supabase_secret_key else ""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise BadSetting(
            variable="SUPABASE_SECRET_KEY",
            value="…",
            reason="it is empty or holds characters that no key has",
        )
    return key
