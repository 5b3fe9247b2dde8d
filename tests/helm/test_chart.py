"""The chart through the real Helm engine: valid for Kubernetes, as unprivileged as it says, and hard to misuse."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate as kubernetes
import pytest
import yaml

from tests.helm.pod_security import baseline, restricted
from tests.helm.rendering import CHART, NAMESPACE, Document, notes, one, pod_of, render
from tests.support.house import ROOT_MEMBER

GOLDEN = Path(__file__).parent.parent / "golden" / "helm-default.yaml"
NEWEST, OLDEST = "1.37", "1.27"
"""Of Kubernetes: the newest whose schemas there are, and the oldest the chart allows."""
CUSTOM = {"Cluster", "ScheduledBackup", "ServiceMonitor", "Certificate", "HTTPRoute"}
"""Kinds that belong to operators; their schemas are not Kubernetes' own."""
GATEWAY = {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": ["gobs.example.org"]}
CERT_MANAGER = {"certManager": {"enabled": True, "issuerRef": {"name": "internal", "kind": "ClusterIssuer"}}}
BACKUP = {"barmanObjectStore": {"destinationPath": "s3://backups"}}
SETS: dict[str, dict[str, Any]] = {
    "default": {},
    "basic": {"agent": {"profile": "basic"}},
    "process": {"agent": {"profile": "process", "kubernetes": {"enabled": False}}},
    "cloudnativepg": {"database": {"mode": "cloudnativepg", "cloudnativepg": {"instances": 3, "backup": BACKUP}}},
    "external": {"database": {"mode": "external", "external": {"existingSecret": "db", "port": 6432}}},
    "ingress": {
        "server": {
            "ingress": {
                "enabled": True,
                "className": "nginx",
                "host": "gobs.example.org",
                "annotations": {"cert-manager.io/cluster-issuer": "public"},
            }
        }
    },
    "gateway": {"server": {"httpRoute": GATEWAY}},
    "cert-manager": {"tls": CERT_MANAGER},
    "own secrets": {
        "tls": {"existingSecret": "own-tls"},
        "server": {"access": {"existingSecret": "own-admin"}},
        "discord": {"existingSecret": "hook", "key": "url"},
    },
    "operators": {
        "server": {
            "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "existingSecret": "reads-metrics"},
            "podDisruptionBudget": {"enabled": True},
        }
    },
    "no volume": {"server": {"persistence": {"enabled": False}}},
    "everything said": {
        "nameOverride": "watch",
        "imageRegistry": "registry.example.org/mirror/",
        "imagePullSecrets": [{"name": "pull"}],
        "commonLabels": {"team": "platform"},
        "agent": {
            "image": {"digest": "sha256:" + "a" * 64},
            "podAnnotations": {"a": "b"},
            "podLabels": {"c": "d"},
            "appArmorProfile": "localhost/gobs",
            "extraEnv": [{"name": "GOBS_LOG__LEVEL", "value": "debug"}],
            "settings": {"collectors": {"process": {"interval": "10s"}}},
            "affinity": {"nodeAffinity": {}},
        },
        "server": {
            "priorityClassName": "high",
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}
            ],
            "settings": {"server": {"stale": "20s"}},
            "networkPolicy": {"httpFrom": [{"namespaceSelector": {"matchLabels": {"ingress": "yes"}}}]},
            "persistence": {"existingClaim": "old"},
        },
    },
}


@pytest.fixture(params=SETS, ids=str)
def documents(request: pytest.FixtureRequest) -> list[Document]:
    """Everything the chart makes of one set of values."""
    return render(SETS[request.param])


def test_everything_it_makes_is_valid_for_kubernetes(documents: list[Document]) -> None:
    for document in documents:
        if document["kind"] not in CUSTOM:
            kubernetes.validate(document, NEWEST, strict=True)


def test_an_old_kubernetes_takes_what_it_makes_by_default() -> None:
    for document in render():
        kubernetes.validate(document, OLDEST, strict=True)


def test_every_selector_finds_its_pods_and_names_are_unique(documents: list[Document]) -> None:
    names = [(document["kind"], document["metadata"]["name"]) for document in documents]
    assert len(names) == len(set(names))
    for document in documents:
        if document["kind"] in {"Deployment", "DaemonSet"}:
            wanted = document["spec"]["selector"]["matchLabels"].items()
            assert wanted <= document["spec"]["template"]["metadata"]["labels"].items()
    service = one(documents, "Service")
    assert service["spec"]["selector"] == one(documents, "Deployment")["spec"]["selector"]["matchLabels"]


def test_the_server_keeps_the_restricted_standard(documents: list[Document]) -> None:
    assert restricted(pod_of(one(documents, "Deployment"))) == set()
    assert restricted(pod_of(one(documents, "Pod"))) == set()


MOUNTS = {
    "hostPath /proc",  # what is monitored
    "hostPath /sys",  # control groups, devices
}
READING = {
    "capability SYS_PTRACE",  # /proc/PID/io and descriptors of other users' processes
    "capability DAC_READ_SEARCH",  # the same
}
PROFILING = {
    "hostPID",  # perf_event_open takes a pid of its own namespace
    "capability PERFMON",  # other users' processes, and the kernel's part of a stack
    "capability SYSLOG",  # names of kernel symbols
}
FROM_ROOT = {
    "runAsNonRoot",  # Kubernetes gives capabilities to root alone; agent.run_as leaves it at once
    "runAsUser 0",
    "capability SETUID",  # leaving root takes them; they are gone afterwards
    "capability SETGID",
}


@pytest.mark.parametrize(
    ("profile", "of_baseline", "of_restricted"),
    [
        ("basic", MOUNTS, set()),
        ("process", MOUNTS | READING, FROM_ROOT),
        ("profiling", MOUNTS | READING | PROFILING, FROM_ROOT),
    ],
)
def test_the_agent_breaks_just_what_its_profile_needs(
    profile: str, of_baseline: set[str], of_restricted: set[str]
) -> None:
    pod = pod_of(one(render({"agent": {"profile": profile}}), "DaemonSet"))
    assert baseline(pod) == of_baseline
    assert restricted(pod) == of_baseline | of_restricted
    container = pod["containers"][0]
    assert container["securityContext"]["privileged"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert all(mount.get("readOnly") for mount in container["volumeMounts"] if mount["name"] in {"proc", "sys"})
    assert ("GOBS_AGENT__RUN_AS" in {env["name"] for env in container["env"]}) is (profile != "basic")


def test_what_each_may_ask_of_the_api_is_the_least() -> None:
    documents = render()
    rules = {doc["metadata"]["name"]: doc["rules"] for doc in documents if doc["kind"] == "ClusterRole"}
    assert rules == {
        "gobservability-gobservability-agent": [
            {"apiGroups": [""], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]}
        ],
        "gobservability-gobservability-server": [
            {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}
        ],
    }
    assert not [doc for doc in documents if doc["kind"] in {"Role", "RoleBinding"}]


def test_agents_show_a_token_for_this_server_alone_and_trust_its_authority_alone() -> None:
    pod = pod_of(one(render(), "DaemonSet"))
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    token = volumes["identity"]["projected"]["sources"][0]["serviceAccountToken"]
    assert token["audience"] == f"gobservability:{NAMESPACE}/gobservability"
    assert [item["key"] for item in volumes["ca"]["secret"]["items"]] == ["ca.crt"]


def test_one_server_it_is_and_it_ends_before_its_successor_starts() -> None:
    deployment = one(render(), "Deployment")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_the_certificate_it_makes_bears_the_name_agents_call() -> None:
    import base64
    import ssl
    import tempfile

    secret = one(render(), "Secret", "-tls")
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ca.crt", "tls.crt", "tls.key"):
            Path(folder, name).write_bytes(base64.b64decode(secret["data"][name]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(Path(folder, "tls.crt"), Path(folder, "tls.key"))
        context.load_verify_locations(Path(folder, "ca.crt"))
        decode: Any = ssl._ssl._test_decode_cert  # type: ignore[attr-defined]  # the only reader in the standard library
        found = decode(str(Path(folder, "tls.crt")))
    assert ("DNS", "gobservability-server.gobservability.svc") in found["subjectAltName"]


def test_probes_call_the_server_by_a_name_it_answers_to(documents: list[Document]) -> None:
    container = pod_of(one(documents, "Deployment"))["containers"][0]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert {"name": "Host", "value": "localhost"} in container[probe]["httpGet"]["httpHeaders"]


def test_no_secret_stands_anywhere_but_in_a_secret(documents: list[Document]) -> None:
    secrets = [doc for doc in documents if doc["kind"] == "Secret"]
    values = {value for secret in secrets for name, value in secret.get("data", {}).items() if name != "ca.crt"}
    others = json.dumps([doc for doc in documents if doc["kind"] != "Secret"])
    assert not [value for value in values if value in others]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"server": {"replicas": 2}}, "/server/replicas"),
        ({"agent": {"profile": "root"}}, "/agent/profile"),
        ({"agent": {"profil": "basic"}}, "profil"),
        ({"agent": {"interval": 5}}, "/agent/interval"),
        ({"server": {"service": {"httpPort": 99999}}}, "/server/service/httpPort"),
        ({"server": {"persistence": {"size": "much"}}}, "/server/persistence/size"),
        ({"database": {"mode": "mysql"}}, "/database/mode"),
        ({"database": {"cloudnativepg": {"instances": 0}}}, "/database/cloudnativepg/instances"),
        ({"agent": {"resources": {"limits": {"memory": "128MB"}}}}, "/agent/resources/limits/memory"),
        ({"agent": {"image": {"digest": "sha256:short"}}}, "/agent/image/digest"),
        ({"nope": True}, "nope"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(helm_python.HelmValuesError, match=re.escape(said)):
        render(values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"database": {"mode": "external"}}, "database.external.existingSecret is needed"),
        ({"tls": {"certManager": {"enabled": True}}}, "tls.certManager.issuerRef.name is needed"),
        ({"tls": {"existingSecret": "x", **CERT_MANAGER}}, "exclude each other"),
        ({"server": {"httpRoute": {"enabled": True}}}, "server.httpRoute.parentRefs is needed"),
        ({"server": {"serviceMonitor": {"enabled": True}}}, "server.serviceMonitor.existingSecret is needed"),
    ],
)
def test_values_that_do_not_fit_together_are_refused_with_their_mend(values: dict[str, Any], said: str) -> None:
    with pytest.raises(Exception, match=re.escape(said)):
        render(values)


def test_the_notes_say_what_to_do_next_and_what_is_missing() -> None:
    assert "kubectl -n gobservability port-forward service/gobservability-server 8080:8080" in notes()
    assert "https://gobs.example.org/" in notes(SETS["ingress"])
    assert "lost when the" in notes(SETS["no volume"])
    assert "records no flamegraphs" in notes(SETS["basic"])


def test_the_linter_finds_nothing() -> None:
    found = helm_python.lint(str(CHART))
    assert found["errors"] == []
    assert [message for message in found["messages"] if "icon" not in message["error"]] == []


def test_every_value_is_described_and_checked() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    assert set(values) | {"global"} == set(schema["properties"])
    text = (CHART / "README.md").read_text(encoding="utf-8")
    for path in _paths(values):
        assert f"`{path}`" in text, path
        assert _checked(schema, path.split(".")), f"{path} has no place of its own in values.schema.json"


def _checked(schema: dict[str, Any], path: list[str]) -> bool:
    """Whether the schema says of a value what it may be, and of all above it that nothing else may stand there."""
    here = schema
    for name in path:
        while "$ref" in here:
            here = schema["$defs"][here["$ref"].rpartition("/")[2]]
        if here.get("additionalProperties") is not False or name not in here.get("properties", {}):
            return False
        here = here["properties"][name]
    return bool({"type", "enum", "const", "$ref", "anyOf", "oneOf"} & here.keys())


def _paths(values: dict[str, Any], above: str = "") -> list[str]:
    found = []
    for name, value in values.items():
        path = f"{above}{name}"
        found += _paths(value, f"{path}.") if isinstance(value, dict) and value and path not in _WHOLE else [path]
    return found


_WHOLE = {
    f"{part}.{name}"
    for part in ("agent", "server")
    for name in ("resources", "nodeSelector", "updateStrategy", "affinity")
} | {"tls.certManager.issuerRef"}


def test_its_version_is_that_of_the_packages() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    version = ROOT_MEMBER.settings["project"]["version"]
    assert (chart["version"], chart["appVersion"]) == (version, version)


def test_what_it_makes_by_default_is_what_was_read_and_approved(request: pytest.FixtureRequest) -> None:
    documents = render()
    for secret in (document for document in documents if document["kind"] == "Secret"):
        secret["data"] = dict.fromkeys(secret["data"], "MADE")
    text = yaml.safe_dump_all(documents, sort_keys=False, width=120)
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(text, encoding="utf-8")
    wanted = GOLDEN.read_text(encoding="utf-8").splitlines()
    difference = "\n".join(difflib.unified_diff(wanted, text.splitlines(), "golden", "now", lineterm=""))
    assert not difference, f"{difference}\n`make golden` writes it anew, once the difference is meant"


def test_workers_for_plugins_of_others_add_to_the_memory_of_an_agent() -> None:
    def memory(**agent: Any) -> dict[str, str]:
        [container] = pod_of(one(render({"agent": agent}), "DaemonSet"))["containers"]
        return {what: given["memory"] for what, given in container["resources"].items()}

    assert memory() == {"requests": "64Mi", "limits": "128Mi"}
    assert memory(workers=2) == {"requests": "112Mi", "limits": "224Mi"}
    with pytest.raises(Exception, match=r"agent\.resources\.limits\.memory: expected a number of Mi .* got 1Gi"):
        memory(workers=1, resources={"limits": {"memory": "1Gi"}})
