"""Requests invented from the OpenAPI document: each is answered as the document says, and none breaks the console."""

from __future__ import annotations

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: see .ci/browser.lock")

from hypothesis import HealthCheck, given, settings  # noqa: E402

from tests.console.conftest import Console  # noqa: E402

EXAMPLES = 12


def _kept() -> list[object]:
    """What an answer is held to; that no answer comes without the token is looked at in test_access."""
    from schemathesis import checks

    return [
        checks.not_a_server_error,
        checks.CHECKS.get_one("status_code_conformance"),
        checks.CHECKS.get_one("content_type_conformance"),
        checks.CHECKS.get_one("response_schema_conformance"),
    ]


def test_every_operation_keeps_to_its_description(own_console: Console) -> None:
    description = schemathesis.openapi.from_dict(own_console.http.get("/openapi.json").json())
    tried = []
    for found in description.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answered(case: object) -> None:
            answer = case.call(  # type: ignore[attr-defined]  # no types without the package
                base_url=own_console.url,
                headers={"authorization": f"Bearer {own_console.token}"},
                allow_redirects=False,
            )
            assert answer.status_code < 500, answer.text
            case.validate_response(answer, checks=_kept())  # type: ignore[attr-defined]

        answered()
        tried.append(operation.label)
    assert len(tried) >= 20
