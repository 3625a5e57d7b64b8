"""The archive that the assistant of these tests reads."""

from tests.console.conftest import console, own_console

__all__ = ["console", "own_console"]
