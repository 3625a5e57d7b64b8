"""Every error a user can meet is a line that can be printed, and is raised with the facts it names."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
from collections.abc import Iterator

import pytest

from tests.architecture.repository import REPOSITORY
from wa_pipeline.errors import WaError

PACKAGE = REPOSITORY / "wa_pipeline"


def all_errors() -> list[type[WaError]]:
    """Every subclass of WaError, those defined outside errors.py too."""
    for module in pkgutil.iter_modules([str(PACKAGE / "archive")]):
        importlib.import_module(f"wa_pipeline.archive.{module.name}")
    found: list[type[WaError]] = []
    waiting: list[type[WaError]] = [WaError]
    while waiting:
        waiting += waiting[0].__subclasses__()
        found.append(waiting.pop(0))
    return sorted({error for error in found if error.__module__.startswith("wa_pipeline")}, key=lambda e: e.__name__)


def fields_of(error: type[WaError]) -> dict[str, str]:
    """The names an error's message is filled with, and how each is formatted."""
    message = error.__doc__ or ""
    return {name: spec or "" for _, name, spec, _ in string.Formatter().parse(message) if name}


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_the_message_is_one_line_that_says_it_plainly(error: type[WaError]) -> None:
    facts = {name: 3.0 if spec.endswith("f") else "something" for name, spec in fields_of(error).items()}
    message = str(error(**facts))
    assert message
    assert "\n" not in message
    assert message.endswith(".")
    assert "{" not in message
    # What happened, and at most one more sentence: what to do about it.
    assert len(re.findall(r"\. [A-Z]", message)) <= 1
    assert len(message) < 300


def test_every_error_is_defined_in_errors_py_or_beside_its_only_use() -> None:
    elsewhere = {error.__name__ for error in all_errors() if error.__module__ != "wa_pipeline.errors"}
    assert elsewhere == {"BadCursor", "BadQuery"}


def test_every_raise_gives_the_facts_the_message_names() -> None:
    errors = {error.__name__: set(fields_of(error)) for error in all_errors()}
    wrong = [
        f"{where}: {name} wants {sorted(errors[name])}, is given {sorted(given)}"
        for where, name, given in calls_of(set(errors))
        if not errors[name] <= given
    ]
    assert wrong == []


def calls_of(names: set[str]) -> Iterator[tuple[str, str, set[str]]]:
    """Where each of these classes is called, and with which keywords; calls that unpack a mapping are left out."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                given = {keyword.arg for keyword in node.keywords}
                if None not in given:
                    where = f"{path.relative_to(REPOSITORY)}:{node.lineno}"
                    yield where, node.func.id, {name for name in given if name}


def test_every_error_can_happen() -> None:
    written = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "errors.py")
    never = [
        error.__name__
        for error in all_errors()
        if not error.__subclasses__() and not re.search(rf"\b{error.__name__}\b", written)
    ]
    assert never == []
