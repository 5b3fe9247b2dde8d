"""An upgrade through the real Helm engine, beside an API server in which it looks up what the installation made."""

from __future__ import annotations

from pathlib import Path

import helm_python
import pytest

from tests.helm.rendering import NAMESPACE, Document, one, render, render_in
from tests.support.kube.server import KubeServer, kube_server


def secrets(documents: list[Document]) -> dict[str, Document]:
    return {doc["metadata"]["name"]: doc["data"] for doc in documents if doc["kind"] == "Secret"}


def keep(kube: KubeServer, documents: list[Document]) -> None:
    """Let the cluster have the Secrets of a rendering, as an installation does."""
    for secret in (doc for doc in documents if doc["kind"] == "Secret"):
        place = (NAMESPACE, secret["metadata"]["name"])
        kube.store.secrets[place] = {**secret, "metadata": {**secret["metadata"], "namespace": NAMESPACE}}


def test_what_was_made_once_is_looked_up_and_never_made_again(tmp_path: Path) -> None:
    with kube_server(tmp_path) as kube:
        first = render_in(kube)
        assert secrets(first) != secrets(render_in(kube)), "until it is there, each rendering makes another"
        keep(kube, first)
        asked = kube.api.asked["secret"]
        upgraded = render_in(kube, {"agent": {"profile": "basic"}})
        assert secrets(upgraded) == secrets(first)
        assert set(secrets(first)) == {"gobservability-server-tls", "gobservability-admin"}
        assert kube.api.asked["secret"] == asked + 2
        assert one(upgraded, "DaemonSet") != one(first, "DaemonSet"), "what is meant to change does"


def test_one_that_was_removed_is_made_again_and_the_other_kept(tmp_path: Path) -> None:
    with kube_server(tmp_path) as kube:
        first = render_in(kube)
        keep(kube, first)
        del kube.store.secrets[NAMESPACE, "gobservability-server-tls"]
        now = secrets(render_in(kube))
        assert now["gobservability-admin"] == secrets(first)["gobservability-admin"]
        assert now["gobservability-server-tls"]["ca.crt"] != secrets(first)["gobservability-server-tls"]["ca.crt"]


def test_a_secret_that_lost_its_password_gets_another_one(tmp_path: Path) -> None:
    with kube_server(tmp_path) as kube:
        first = render_in(kube)
        keep(kube, first)
        for data in ({}, {"other": "eA=="}):
            kube.store.secrets[NAMESPACE, "gobservability-admin"]["data"] = data
            assert len(secrets(render_in(kube))["gobservability-admin"]["password"]) == 32
        del kube.store.secrets[NAMESPACE, "gobservability-admin"]["data"]
        assert len(secrets(render_in(kube))["gobservability-admin"]["password"]) == 32


def test_secrets_of_ones_own_are_neither_made_nor_looked_up(tmp_path: Path) -> None:
    with kube_server(tmp_path) as kube:
        own = {"tls": {"existingSecret": "own"}, "server": {"access": {"existingSecret": "own-admin"}}}
        assert secrets(render_in(kube, own)) == {}
        assert kube.api.asked["secret"] == 0


def test_whoever_may_not_look_secrets_up_is_told_so_and_nothing_is_made_anew(tmp_path: Path) -> None:
    with kube_server(tmp_path) as kube:
        keep(kube, render())
        kube.api.faults.status = 403
        kube.api.faults.message = 'secrets "gobservability-server-tls" is forbidden'
        with pytest.raises(helm_python.HelmError, match="forbidden"):
            render_in(kube)
