"""Every environment variable the project reads, typed, in one place (docs/contracts.md lists them for users)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from wa_pipeline.errors import BadSetting

REPOSITORY = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What the environment (and `.env` in the repository) says. Nothing set: embedded PostgreSQL, local media."""

    # Fields may be given by name in code; without a prefix, pydantic would then read HOME as `home`.
    model_config = SettingsConfigDict(
        env_file=REPOSITORY / ".env",
        env_prefix="WA_BY_NAME_",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
    )

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    supabase_url: str | None = Field(default=None, validation_alias="SUPABASE_URL")
    supabase_secret_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY")
    )
    signed_url_ttl_days: float = Field(default=7, gt=0, le=3650, validation_alias="SIGNED_URL_TTL_DAYS")

    dagster_home: Path | None = Field(default=None, validation_alias="DAGSTER_HOME")
    dagster_pg_url: SecretStr | None = Field(default=None, validation_alias="DAGSTER_PG_URL")
    dagster_host: str = Field(default="127.0.0.1", validation_alias="WA_DAGSTER_HOST")
    dagster_port: int = Field(default=3000, ge=1, le=65535, validation_alias="WA_DAGSTER_PORT")

    home: Path = Field(default=REPOSITORY / ".wa", validation_alias="WA_HOME")
    pg: Literal["auto", "system", "embedded"] = Field(default="auto", validation_alias="WA_PG")
    exports_dir: Path | None = Field(default=None, validation_alias="WA_EXPORTS_DIR")
    export_tz: str | None = Field(default=None, validation_alias="WA_EXPORT_TZ")

    listen_host: str = Field(default="127.0.0.1", validation_alias="WA_LISTEN_HOST")
    listen_port: int = Field(default=8500, ge=1, le=65535, validation_alias="WA_LISTEN_PORT")
    listen_max_mb: int = Field(default=64, ge=1, le=1024, validation_alias="WA_LISTEN_MAX_MB")
    listen_rate: int = Field(default=5000, ge=1, validation_alias="WA_LISTEN_RATE")
    webhook_secret_baileys: SecretStr | None = Field(default=None, validation_alias="WA_WEBHOOK_SECRET_BAILEYS")
    webhook_secret_waha: SecretStr | None = Field(default=None, validation_alias="WA_WEBHOOK_SECRET_WAHA")
    webhook_secret_evolution: SecretStr | None = Field(default=None, validation_alias="WA_WEBHOOK_SECRET_EVOLUTION")
    webhook_secret_gowa: SecretStr | None = Field(default=None, validation_alias="WA_WEBHOOK_SECRET_GOWA")

    gateway: Literal["none", "waha", "evolution", "gowa"] = Field(default="none", validation_alias="WA_GATEWAY")
    gateway_url: str | None = Field(default=None, validation_alias="WA_GATEWAY_URL")
    gateway_key: SecretStr | None = Field(default=None, validation_alias="WA_GATEWAY_KEY")
    gateway_session: str = Field(default="default", validation_alias="WA_GATEWAY_SESSION")
    gateway_seconds: float = Field(default=30, gt=0, le=600, validation_alias="WA_GATEWAY_SECONDS")
    media_hosts: str = Field(default="", validation_alias="WA_MEDIA_HOSTS")
    media_max_mb: int = Field(default=2048, ge=1, validation_alias="WA_MEDIA_MAX_MB")

    console_host: str = Field(default="127.0.0.1", validation_alias="WA_CONSOLE_HOST")
    console_port: int = Field(default=8400, ge=1, le=65535, validation_alias="WA_CONSOLE_PORT")
    console_token: SecretStr | None = Field(default=None, validation_alias="WA_CONSOLE_TOKEN")
    public_url: str | None = Field(default=None, validation_alias="WA_PUBLIC_URL")
    allowed_hosts: str = Field(default="", validation_alias="WA_ALLOWED_HOSTS")
    upload_max_mb: int = Field(default=4096, ge=1, validation_alias="WA_UPLOAD_MAX_MB")

    ocr: Literal["tesseract", "rapidocr", "cascade"] = Field(default="cascade", validation_alias="WA_OCR")
    ocr_languages: str = Field(default="eng+deu", validation_alias="WA_OCR_LANGUAGES")
    asr_model: str | None = Field(default=None, validation_alias="WA_ASR_MODEL")
    asr_languages: str = Field(default="", validation_alias="WA_ASR_LANGUAGES")
    ingest_scope: Literal["monitored", "all"] = Field(default="monitored", validation_alias="WA_INGEST_SCOPE")
    ingest_direct: bool = Field(default=False, validation_alias="WA_INGEST_DIRECT")
    keep_inbox_days: int = Field(default=30, ge=0, le=36_500, validation_alias="WA_KEEP_INBOX_DAYS")
    keep_unmonitored_days: int = Field(default=7, ge=0, le=36_500, validation_alias="WA_KEEP_UNMONITORED_DAYS")
    keep_runs_days: int = Field(default=30, ge=1, le=36_500, validation_alias="WA_KEEP_RUNS_DAYS")
    secret_keys: SecretStr | None = Field(default=None, validation_alias="WA_SECRET_KEYS")

    @field_validator("home", "exports_dir", "dagster_home")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else value

    @field_validator("export_tz")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        try:
            return ZoneInfo(value).key if value else None
        except (LookupError, ValueError, OSError):
            message = "there is no such time zone; use a name such as Europe/Berlin or UTC"
            raise PydanticCustomError("zone", message) from None

    @field_validator("asr_languages")
    @classmethod
    def _language_codes(cls, value: str) -> str:
        if all(len(code) in (2, 3) and code.isascii() and code.isalpha() for code in speech_codes(value)):
            return value
        raise PydanticCustomError("languages", "use two-letter codes with commas between, such as de,en")

    @field_validator("gateway_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise PydanticCustomError("address", "it begins with http:// or https://")
        return value

    @property
    def speech_languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of the languages that are spoken; () for any."""
        return speech_codes(self.asr_languages)

    @property
    def signed_url_ttl(self) -> timedelta:
        return timedelta(days=self.signed_url_ttl_days)

    @property
    def exports_folder(self) -> Path:
        """Where dropped export files are looked for."""
        return self.exports_dir or self.home / "exports"

    @property
    def dagster_folder(self) -> Path:
        return self.dagster_home or self.home / "dagster"

    @property
    def secrets_folder(self) -> Path:
        """Secrets made at first start, directory mode 0700 and files 0600."""
        return self.home / "secrets"

    @property
    def console_url(self) -> str:
        """The address people reach the console by; local signed URLs begin with it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self.console_host, self.console_host)
        return (self.public_url or f"http://{host}:{self.console_port}").rstrip("/")

    @property
    def dagster_link(self) -> str:
        """Where a browser on this machine finds Dagster's pages."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self.dagster_host, self.dagster_host)
        return f"http://{host}:{self.dagster_port}"

    def webhook_secret(self, source: str) -> SecretStr | None:
        """What deliveries of a source must prove to know; None where none is set, and none are taken."""
        found: SecretStr | None = getattr(self, f"webhook_secret_{source}", None)
        return found

    @property
    def uses_supabase_storage(self) -> bool:
        return self.supabase_url is not None


def speech_codes(value: str) -> tuple[str, ...]:
    return tuple(code.strip().lower() for code in value.split(",") if code.strip())


def load_settings() -> Settings:
    """The settings of this process; a value that cannot be used is a `BadSetting` naming its variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        variable = str(first["loc"][0]) if first["loc"] else "environment"
        raise BadSetting(variable=variable, value=first["input"], reason=first["msg"]) from None
    if settings.supabase_url and not settings.supabase_secret_key:
        raise BadSetting(variable="SUPABASE_SECRET_KEY", value="", reason="it is needed when SUPABASE_URL is set")
    if settings.gateway != "none" and not settings.gateway_url:
        raise BadSetting(variable="WA_GATEWAY_URL", value="", reason="it is needed when WA_GATEWAY is set")
    return settings
