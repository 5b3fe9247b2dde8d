"""Images, Compose, Skaffold and workflows: what they name exists, is a real setting, and is confined as they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gobs_core.settings import load_settings
from scripts.docs.settings import settings
from tests.helm.rendering import one, pod_of, render
from tests.support.house import MEMBERS, ROOT, ROOT_MEMBER

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
_SECRET = "a-long-password-that-nobody-guesses"
ORIGINAL = {"NODE_NAME", "DISCORD_WEBHOOK_URL"}


def known() -> set[str]:
    """The environment variables of all settings."""
    return {setting.variable for rows in settings().values() for _, setting in rows}


def test_the_images_hold_every_package_and_nothing_else_of_the_checkout() -> None:
    copied = set(re.findall(r"^COPY (?:LICENSE .*|(\w+) \1)$", DOCKERFILE, re.MULTILINE)) - {""}
    assert copied == {member.folder.name for member in MEMBERS}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == copied | {"LICENSE", "README.md", "pyproject.toml"}


def test_each_image_runs_as_the_uid_the_chart_gives_it() -> None:
    users = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    documents = render({"agent": {"profile": "basic"}})
    agent = pod_of(one(documents, "DaemonSet"))["containers"][0]["securityContext"]
    server = pod_of(one(documents, "Deployment"))["securityContext"]
    assert users == [(str(agent["runAsUser"]),) * 2, (str(server["runAsUser"]),) * 2]


def test_the_base_image_is_named_by_more_than_latest_and_can_be_pinned() -> None:
    assert re.search(r"^ARG BASE=python:3\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert {line for line in DOCKERFILE.splitlines() if line.startswith("FROM")} == {
        "FROM ${BASE} AS wheels",
        "FROM ${BASE} AS agent",
        "FROM ${BASE} AS server",
    }


def test_every_setting_the_composition_gives_exists() -> None:
    services = COMPOSE["services"]
    given = {name for service in ("server", "agent") for name in services[service]["environment"]}
    assert given <= known() | ORIGINAL


def test_the_composition_starts_nothing_with_a_password_of_its_own() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = re.findall(r"(?:PASSWORD|TOKEN): (.*)$", text, re.MULTILINE)
    assert secrets
    assert all(value.startswith("${") for value in secrets)


def test_the_composition_confines_both_as_the_chart_does() -> None:
    server, agent = COMPOSE["services"]["server"], COMPOSE["services"]["agent"]
    of_chart = pod_of(one(render(), "DaemonSet"))["containers"][0]["securityContext"]["capabilities"]["add"]
    assert sorted(agent["cap_add"]) == sorted(of_chart)
    for service in (server, agent):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
    assert server["ports"] == ["127.0.0.1:8080:8080"]
    assert all(volume.endswith(":ro") for volume in agent["volumes"])


def test_what_the_chart_tells_agent_and_server_are_settings_they_take(tmp_path: Path) -> None:
    documents = render({"discord": {"existingSecret": "hook"}})
    for name, workload in (("agent", "DaemonSet"), ("server", "Deployment")):
        file = tmp_path / f"{name}.toml"
        file.write_text(one(documents, "ConfigMap", f"-{name}")["data"]["gobs.toml"], encoding="utf-8")
        container = pod_of(one(documents, workload))["containers"][0]
        given = {entry["name"]: entry.get("value", _SECRET) for entry in container["env"]}
        assert set(given) <= known() | ORIGINAL
        for setting in re.findall(r"(\w+_file) = \"(.*)\"", file.read_text(encoding="utf-8")):
            there = tmp_path / Path(setting[1]).name
            there.write_text("x", encoding="utf-8")
            file.write_text(file.read_text(encoding="utf-8").replace(setting[1], str(there)), encoding="utf-8")
        load_settings(environ={**given, "DISCORD_WEBHOOK_URL": ""}, config=str(file))


def test_skaffold_builds_the_targets_and_fills_in_values_there_are() -> None:
    skaffold = yaml.safe_load((ROOT / "skaffold.yaml").read_text(encoding="utf-8"))
    targets = {artifact["docker"]["target"] for artifact in skaffold["build"]["artifacts"]}
    assert targets == {"agent", "server"}
    release = skaffold["deploy"]["helm"]["releases"][0]
    assert (ROOT / release["chartPath"] / "Chart.yaml").is_file()
    values = yaml.safe_load((ROOT / release["chartPath"] / "values.yaml").read_text(encoding="utf-8"))
    for path in release["setValueTemplates"]:
        at: Any = values
        for step in path.split("."):
            at = at[step]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_pin_every_action_by_its_commit_and_ask_for_no_more_than_they_need(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for used in re.findall(r"uses: (.*)$", text, re.MULTILINE):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used)
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in text


def test_every_python_that_is_supported_is_tested() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    assert ROOT_MEMBER.settings["project"]["requires-python"] == f">={versions[0]}"
    assert workflow["jobs"]["test"]["steps"][-1]["run"].endswith("bash .ci/run")
