"""What the webserver says over GraphQL: whether all is ready, and the one run asked for at the start."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping

STATE = """
query { workspaceOrError { ... on Workspace { locationEntries { name loadStatus
          locationOrLoadError { __typename ... on PythonError { message } } } } ... on PythonError { message } }
        instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }
"""
LAUNCH = """
mutation ($job: String!) { launchRun(executionParams: { selector: { repositoryLocationName: "wa_pipeline",
            repositoryName: "__repository__", jobName: $job }, runConfigData: {} }) {
          __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""


class CodeBroken(Exception):
    """The code location does not load; the message says why."""


def ask(address: str, query: str, variables: Mapping[str, object] | None = None) -> dict[str, object] | None:
    """The `data` of an answer; None while nobody answers there."""
    body = json.dumps({"query": query, "variables": dict(variables or {})}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            data: dict[str, object] = json.load(answer).get("data") or {}
            return data
    except (urllib.error.URLError, TimeoutError, ConnectionError, json.JSONDecodeError):
        return None


def missing(address: str) -> str | None:
    """What is not ready yet; None when everything is. Raises `CodeBroken` where the code location failed to load."""
    state = ask(address, STATE)
    if not state:
        return "the web server"
    workspace, instance = state["workspaceOrError"], state["instance"]
    assert isinstance(workspace, dict)
    assert isinstance(instance, dict)
    entries = workspace.get("locationEntries", [])
    for entry in entries:
        failure = entry["locationOrLoadError"]
        if failure and failure["__typename"] == "PythonError":
            raise CodeBroken(str(failure["message"]).strip().splitlines()[0])
    if not entries or any(entry["loadStatus"] != "LOADED" for entry in entries):
        return "the code location"
    daemons = instance["daemonHealth"]["allDaemonStatuses"]
    late = [daemon["daemonType"].lower() for daemon in daemons if daemon["required"] and not daemon["healthy"]]
    return f"the daemon ({', '.join(late)})" if late else None


def launch(address: str, job: str) -> str | None:
    """Queue a run of a job; its id, or None where it was not taken."""
    answer = ask(address, LAUNCH, {"job": job})
    launched = answer.get("launchRun") if answer else None
    if not isinstance(launched, dict) or launched.get("__typename") != "LaunchRunSuccess":
        return None
    return str(launched["run"]["runId"])
