"""Every exception a user can meet. A class's docstring is its message; `{names}` in it are filled from the arguments."""

from __future__ import annotations


class WaError(Exception):
    """Something went wrong."""

    exit_code = 1

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(" ".join((type(self).__doc__ or "").split()).format(**facts))


# --- settings and start-up ---------------------------------------------------------------------------------------


class BadSetting(WaError):
    """{variable}={value!r} cannot be used: {reason}."""


# --- database ----------------------------------------------------------------------------------------------------


class DatabaseUnreachable(WaError):
    """The database at {where} cannot be reached: {reason}. Check DATABASE_URL."""


# --- chat exports ------------------------------------------------------------------------------------------------


class ExportError(WaError):
    """{file}: this export cannot be read."""


# --- media store -------------------------------------------------------------------------------------------------


class StoreError(WaError):
    """The media store failed: {reason}."""


# --- media to text -----------------------------------------------------------------------------------------------


class ExtractError(WaError):
    """{file}: no text could be taken from it: {reason}."""
