"""The archive that the commands of these tests work in."""

from tests.commands.fixtures import archive, beside

__all__ = ["archive", "beside"]
