"""The chart, rendered by the real Helm engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import helm_python
import yaml

from tests.support.house import ROOT
from tests.support.kube.server import KubeServer

CHART = ROOT / "helm" / "gobservability"
NAME = NAMESPACE = "gobservability"
Document = dict[str, Any]


def render(values: Mapping[str, object] | None = None) -> list[Document]:
    """Every document the chart makes of these values, sorted; raises what the engine raises."""
    return deepcopy(_documents(json.dumps(values or {})))


def notes(values: Mapping[str, object] | None = None) -> str:
    """What a person reads after installing."""
    return next(text for path, text in _render(json.dumps(values or {})).items() if path.endswith("NOTES.txt"))


def one(documents: list[Document], kind: str, name: str = "") -> Document:
    """The only document of that kind, and of that name's ending where one is given."""
    found = [doc for doc in documents if doc["kind"] == kind and doc["metadata"]["name"].endswith(name)]
    assert len(found) == 1, [doc["metadata"]["name"] for doc in documents if doc["kind"] == kind]
    return found[0]


def pod_of(document: Document) -> Document:
    """The pod a workload makes, or the pod itself."""
    spec: Document = document["spec"] if document["kind"] == "Pod" else document["spec"]["template"]["spec"]
    return spec


def render_in(kube: KubeServer, values: Mapping[str, object] | None = None) -> list[Document]:
    """Every document an upgrade makes in that cluster, in which it looks up what is there."""
    token = (kube.account / "token").read_text(encoding="utf-8").strip()
    with helm_python.Config(
        kube_apiserver=kube.url, kube_token=token, kube_ca_file=kube.account / "ca.crt", namespace=NAMESPACE
    ) as cluster:
        chart = helm_python.Chart.load(str(CHART))
        texts = cluster.render(chart, dict(values or {}), name=NAME, namespace=NAMESPACE, is_upgrade=True, revision=2)
    return _sorted(texts)


@cache
def _documents(values: str) -> list[Document]:
    return _sorted(_render(values))


def _sorted(texts: Mapping[str, str]) -> list[Document]:
    found = [doc for path, text in texts.items() if path.endswith(".yaml") for doc in yaml.safe_load_all(text) if doc]
    return sorted(found, key=lambda doc: (doc["kind"], doc["metadata"]["name"]))


@cache
def _render(values: str) -> dict[str, str]:
    texts: dict[str, str] = helm_python.Chart.load(str(CHART)).render(
        json.loads(values), name=NAME, namespace=NAMESPACE
    )
    return texts
