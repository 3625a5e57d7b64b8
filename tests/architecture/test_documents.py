"""What the documents promise is what the program has: every variable, command, option, asset, check and table."""

from __future__ import annotations

import re
import tomllib
from itertools import chain

import click
import pytest

from tests.architecture.repository import REPOSITORY, document, texts, tracked_files
from wa_pipeline.cli import COMMANDS, wa
from wa_pipeline.settings import Settings

CONTRACTS = "docs/contracts.md"
# Read by the door, the command line and the tests themselves, before or beside the settings.
BESIDE_THE_SETTINGS = {"WA_VENV", "WA_PYTHON", "WA_DEBUG", "WA_TEST_PG"}


def variables() -> set[str]:
    """Every environment variable of settings.py, aliases included."""
    names: set[str] = set()
    for field in Settings.model_fields.values():
        alias = field.validation_alias
        names |= {alias} if isinstance(alias, str) else {str(name) for name in getattr(alias, "choices", ())}
    return names


def commands() -> list[tuple[str, click.Command]]:
    """Every command and subcommand with its words: `import`, `secrets rotate`."""
    found: list[tuple[str, click.Command]] = []
    context = click.Context(wa)
    for name in COMMANDS:
        command = wa.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", each) for sub, each in command.commands.items()]
        else:
            found.append((name, command))
    return found


@pytest.mark.parametrize("variable", sorted(variables()))
def test_every_variable_is_in_the_example_and_the_contracts(variable: str) -> None:
    assert re.search(rf"^#?\s*{variable}=", document(".env.example"), re.MULTILINE)
    assert f"`{variable}`" in document(CONTRACTS)


def test_the_example_names_no_variable_that_is_not_read() -> None:
    named = set(re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", document(".env.example"), re.MULTILINE))
    assert named <= variables() | BESIDE_THE_SETTINGS


def test_the_variables_read_outside_the_settings_are_in_the_contracts() -> None:
    for name in BESIDE_THE_SETTINGS:
        assert f"`{name}`" in document(CONTRACTS)


@pytest.mark.parametrize(("words", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_and_option_is_in_the_contracts(words: str, command: click.Command) -> None:
    contracts = document(CONTRACTS)
    section = re.search(rf"^### `wa {words}\b.*?(?=^##)", contracts, re.MULTILINE | re.DOTALL)
    assert section, f"no section for wa {words}"
    for parameter in command.params:
        for option in parameter.opts:
            if option.startswith("--") and option != "--help":
                assert option in section[0]


def test_every_command_the_documents_call_exists() -> None:
    known = set(COMMANDS)
    for name, text in texts():
        if name.endswith(".md") and name != "CHANGELOG.md":
            told = _without_what_is_not_there(text) if name in (CONTRACTS, "README.md") else text
            for called in re.findall(r"^\s*(?:\$ )?(?:\./)?wa ([a-z]+)\b", _blocks(told), re.MULTILINE):
                assert called in known, f"{name} calls wa {called}"


def _blocks(text: str) -> str:
    return "\n".join(re.findall(r"```(?:sh|console|bash)\n(.*?)```", text, re.DOTALL))


def _without_what_is_not_there(text: str) -> str:
    return re.sub(r"^## Not there yet.*?(?=^## |\Z)", "", text, flags=re.MULTILINE | re.DOTALL)


def test_every_asset_sensor_and_schedule_is_in_the_architecture() -> None:
    from wa_pipeline.definitions import defs

    repository = defs().get_repository_def()
    names = {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()}
    names |= {sensor.name for sensor in repository.sensor_defs} | {each.name for each in repository.schedule_defs}
    text = document("docs/architecture.md")
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_every_acceptance_check_is_in_the_contracts() -> None:
    from wa_pipeline.defs.checks import SPECS

    contracts = document(CONTRACTS)
    assert {spec.name for spec in SPECS if f"`{spec.name}`" not in contracts} == set()


def test_every_table_of_ours_is_in_the_architecture() -> None:
    made: set[str] = set()
    for path in (REPOSITORY / "db" / "migrations").glob("*.sql"):
        pattern = r"create table(?: if not exists)? (?:public\.)?(\w+)"
        made |= set(re.findall(pattern, path.read_text("utf-8"), re.IGNORECASE))
    text = document("docs/architecture.md")
    assert made
    assert {table for table in made if f"`{table}`" not in text} == set()


def test_every_direct_dependency_is_explained() -> None:
    project = tomllib.loads(document("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    names = {match[0] for text in wanted if (match := re.match(r"[A-Za-z0-9_.-]+", text))}
    text = document("docs/decisions.md")
    assert {name for name in names if f"**{name}**" not in text} == set()


def test_links_between_documents_lead_somewhere() -> None:
    for name, text in texts():
        if name.endswith(".md"):
            folder = (REPOSITORY / name).parent
            for target in re.findall(r"\]\(([^)#\s]+)", text):
                if "://" not in target:
                    assert (folder / target).exists(), f"{name} links to {target}"


def test_pictures_are_small() -> None:
    for path in tracked_files():
        if path.suffix in (".png", ".jpg") and path.is_relative_to(REPOSITORY / "docs"):
            assert path.stat().st_size < 250_000, path
