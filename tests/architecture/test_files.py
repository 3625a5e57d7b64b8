"""No tracked file names where packages are downloaded from, or a folder of somebody's machine."""

from __future__ import annotations

import re

from tests.architecture.repository import REPOSITORY, texts

# Put together here, so that this file does not name what it looks for.
DOWNLOAD_HOSTS = [
    "files.pythonhosted" + ".org", "pypi" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org",
    "download.pytorch" + ".org", "proxy.golang" + ".org", "conda.anaconda" + ".org",
]  # fmt: skip
HOME = re.compile(r"(?<![\w.$}~*>-])/(?:home|Users)/(?!linuxbrew/)\w+|(?<![\w.])/(?:root|work)/\w")
SECRETS = re.compile(
    r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----|\bsb_secret_[A-Za-z0-9]{20,}|\bAKIA[0-9A-Z]{16}\b"
)


def test_no_file_names_a_download_host() -> None:
    found = [f"{name}: {host}" for name, text in texts() for host in DOWNLOAD_HOSTS if host in text]
    assert found == []


def test_no_file_names_a_folder_of_a_machine() -> None:
    # Tests may invent somebody's folder to complain about; the one they run in is not invented.
    found = [
        f"{name}: {match[0]}"
        for name, text in texts()
        if not name.startswith("tests/")
        for match in HOME.finditer(text)
    ]
    assert found == []
    assert [name for name, text in texts() if f"{REPOSITORY}/" in text] == []


def test_no_file_holds_a_key() -> None:
    assert [name for name, text in texts() if SECRETS.search(text)] == []


def test_every_text_ends_with_one_line_break_and_uses_lf() -> None:
    kinds = (".py", ".md", ".toml", ".yaml", ".yml", ".sql", ".css", ".html")
    wrong = [
        name
        for name, text in texts()
        if name.endswith(kinds) and text and (not text.endswith("\n") or text.endswith("\n\n") or "\r\n" in text)
    ]
    assert wrong == []
