"""Fails on a skipped test that is not named, with its reason, in the list of those that may be.

    python .ci/skips.py tests.xml allowed-skips.txt

A line of the list is `test id: reason`; an id ending in `*` stands for all that begin so. Names of tests that exist no
more, or are not skipped here, do no harm: whether a test is skipped may depend on the machine.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path


def main() -> int:
    """Prints each skipped test with why; 1 if one of them is not allowed, or no test ran at all."""
    report, allowed = Path(sys.argv[1]), list(entries(Path(sys.argv[2])))
    cases = list(ElementTree.parse(report).iter("testcase"))
    skipped = [(case_id(case), why(case)) for case in cases if case.find("skipped") is not None]
    refused = 0
    for name, reason in skipped:
        fine = any(name == entry or (entry.endswith("*") and name.startswith(entry[:-1])) for entry in allowed)
        refused += not fine
        print(f"{'skipped' if fine else 'NOT ALLOWED'}: {name} ({reason})")
    print(f"{len(cases)} tests, {len(skipped)} skipped, {refused} of them not allowed")
    return 1 if refused or not cases else 0


def entries(path: Path) -> Iterator[str]:
    """The ids of the list. A line without a reason is an error."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, reason = line.partition(": ")
        if not colon or not reason.strip():
            raise SystemExit(f"{path}, line {number}: write `test id: reason`")
        yield name.strip()


def case_id(case: ElementTree.Element) -> str:
    """`tests/door/test_door.py::test_name[parameter]`, as pytest prints it."""
    parts = (case.get("classname") or "").split(".")
    return f"{'/'.join(parts)}.py::{case.get('name')}"


def why(case: ElementTree.Element) -> str:
    """The reason the test gave."""
    found = case.find("skipped")
    message = (found.get("message") or "no reason given") if found is not None else ""
    return " ".join(message.split())


if __name__ == "__main__":
    sys.exit(main())
