"""Whatever is wrong on the way to the API is said in a sentence that names what to change, and heals by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gobs_collectors.kubernetes import KubernetesInventory
from gobs_core import NoData
from gobs_core.settings import load_settings
from gobs_core.testing import check_inventory
from tests.collectors.kubernetes.rig import QUICK, Rig, Told
from tests.support.hostile import HOSTILE_NAMES
from tests.support.kube import pods
from tests.support.secrets import marked


def test_it_keeps_the_contract_of_an_inventory_with_nobody_there(tmp_path: Path) -> None:
    config = KubernetesInventory.Config(server="https://127.0.0.1:1", service_account=str(tmp_path))
    heard = check_inventory(KubernetesInventory, config=config)
    assert "automountServiceAccountToken" in heard.troubles[0]


def test_it_keeps_the_contract_of_an_inventory_with_an_api_there(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0", node="conformance"))
    config = KubernetesInventory.Config(server=kube.kube.url, service_account=str(kube.kube.account))
    assert [info.name for info in check_inventory(KubernetesInventory, config=config).known[-1]] == ["web-0"]


def test_a_token_that_is_renewed_is_read_again_and_nobody_notices(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.start()
    kube.told.until(lambda: kube.told.names() == ["web-0"])
    api, second = kube.kube.api, marked("second")
    both = {*api.tokens, second}  # the old one is good for a while longer
    api.tokens = both
    kube.kube.write(second)
    for tokens in (both, {second}):
        api.tokens = tokens
        watches = kube.kube.api.asked["watch"]
        kube.told.until(lambda watches=watches: kube.kube.api.asked["watch"] >= watches + 2)  # type: ignore[misc]
    assert kube.kube.api.asked["401"] == 0
    assert kube.told.whys == []


def test_an_expired_token_is_said_and_all_is_well_once_there_is_a_new_one(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.kube.rotate("second", write=False)
    kube.start()
    kube.told.until(lambda: "401" in kube.told.why)
    assert str(kube.kube.account / "token") in kube.told.why
    kube.kube.rotate("second")
    kube.told.until(lambda: kube.told.names() == ["web-0"])
    assert kube.told.why == ""


def test_missing_rights_are_said_with_the_apis_own_words_and_what_grants_them(kube: Rig) -> None:
    kube.kube.api.faults.status = 403
    kube.kube.api.faults.message = 'pods is forbidden: User "system:serviceaccount:gobs:agent" cannot list'
    kube.start()
    kube.told.until(lambda: "403" in kube.told.why)
    assert 'User "system:serviceaccount:gobs:agent" cannot list' in kube.told.why
    assert "get, list and watch on pods and nodes" in kube.told.why
    assert "rbac.create=true" in kube.told.why
    kube.kube.api.faults.status = None
    kube.told.until(lambda: kube.told.why == "")


def test_rights_that_are_taken_away_later_leave_what_was_known(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.start()
    kube.told.until(lambda: kube.told.names() == ["web-0"])
    kube.kube.api.faults.status = 403
    kube.told.until(lambda: "403" in kube.told.why)
    assert kube.told.names() == ["web-0"]
    assert "pods are shown as last known" in kube.told.why


def test_an_api_that_is_away_at_the_start_is_found_once_it_is_there(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.kube.stop()
    kube.start()
    kube.told.until(lambda: "cannot be reached" in kube.told.why)
    assert kube.kube.url in kube.told.why
    kube.kube.start()
    kube.told.until(lambda: kube.told.names() == ["web-0"])
    assert kube.told.why == ""


def test_a_certificate_for_another_name_is_not_accepted(kube: Rig) -> None:
    kube.kube.stop()
    kube.kube.start("kubernetes.example.org")
    kube.start()
    kube.told.until(lambda: "certificate of the Kubernetes API" in kube.told.why)
    assert kube.kube.api.asked.total() == 0, "no token is shown to a stranger"


def test_a_certificate_of_another_authority_is_not_accepted(kube: Rig) -> None:
    import trustme

    trustme.CA().cert_pem.write_to_path(str(kube.kube.account / "ca.crt"))
    kube.start()
    kube.told.until(lambda: "certificate of the Kubernetes API" in kube.told.why)
    assert "ca.crt" in kube.told.why
    assert kube.kube.api.asked.total() == 0
    kube.kube.authority.cert_pem.write_to_path(str(kube.kube.account / "ca.crt"))
    kube.told.until(lambda: kube.told.why == "")


@pytest.mark.parametrize("name", ["token", "ca.crt"])
def test_a_service_account_that_is_not_mounted_is_named_with_the_file_that_is_missing(kube: Rig, name: str) -> None:
    (kube.kube.account / name).rename(kube.kube.account / "aside")
    kube.start()
    kube.told.until(lambda: f"/{name}" in kube.told.why)
    assert "automountServiceAccountToken: true" in kube.told.why
    (kube.kube.account / "aside").rename(kube.kube.account / name)
    kube.told.until(lambda: kube.told.why == "")


def test_a_node_name_that_matches_no_node_is_said(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.start(agent="laptop")
    kube.told.until(lambda: "Kubernetes has no node called 'laptop'" in kube.told.why)
    assert "NODE_NAME" in kube.told.why
    kube.kube.store.put(pods.pod("late", node="laptop"))
    kube.told.until(lambda: kube.told.names() == ["late"])
    assert kube.told.why == ""


def test_a_node_without_pods_is_no_trouble(kube: Rig) -> None:
    kube.start()
    kube.told.until(lambda: kube.told.times == 1)
    assert kube.kube.api.asked["node"] == 1
    assert kube.told.why == ""


def test_the_nodes_name_in_kubernetes_may_be_set_apart_from_the_agents(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.start(agent="rack7", node="worker-1")
    kube.told.until(lambda: kube.told.names() == ["web-0"])


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>a captive portal</html>", b'{"metadata":5}', b"\xff\xfe"])
def test_an_answer_that_is_no_list_is_said(kube: Rig, body: bytes) -> None:
    kube.kube.api.faults.garbage = body
    kube.start()
    kube.told.until(lambda: "what answers is no list of pods" in kube.told.why)
    kube.kube.api.faults.garbage = None
    kube.told.until(lambda: kube.told.why == "")


def test_an_api_that_asks_for_patience_gets_it(kube: Rig) -> None:
    import time

    kube.kube.api.faults.status = 429
    kube.kube.api.faults.retry_after = "1"
    kube.start()
    kube.told.until(lambda: "(429" in kube.told.why)
    time.sleep(0.7)
    assert kube.kube.api.asked["429"] == 1
    kube.kube.api.faults.status = None
    kube.told.until(lambda: kube.told.why == "")


def test_one_pod_that_is_not_as_expected_costs_no_other_its_name(kube: Rig) -> None:
    bad = pods.pod("bad")
    bad["spec"]["containers"] = "none"
    kube.kube.store.put(bad)
    kube.kube.store.put(pods.pod("good"))
    kube.start()
    kube.told.until(lambda: kube.told.names() == ["good"])
    assert "a pod of the API is not as expected" in kube.told.why
    kube.kube.store.put(pods.pod("later"))
    kube.told.until(lambda: kube.told.names() == ["good", "later"])
    assert len(kube.told.whys) == 1, "it is said once, not at every event"


def test_gigantic_annotations_cost_nothing_but_the_way(kube: Rig) -> None:
    kube.start()
    kube.told.until(lambda: kube.kube.api.watching == 1)
    kube.kube.store.put(pods.pod("huge", annotations={"example.org/blob": "x" * 262_144}))
    kube.told.until(lambda: kube.told.names() == ["huge"])
    assert len(json.dumps(kube.told.by_name("huge").labels)) < 100


def test_a_page_too_large_to_hold_is_asked_for_in_smaller_ones(kube: Rig) -> None:
    for number in range(9):
        kube.kube.store.put(pods.pod(f"huge-{number}", annotations={"example.org/blob": "x" * 2_500_000}))
    kube.start(pace=QUICK._replace(page=8, patience=10.0))
    kube.told.until(lambda: len(kube.told.infos) == 9)
    assert "larger than 16 MiB" in kube.told.whys[0]
    assert kube.kube.api.asked["list"] == 2


def test_an_event_too_large_to_hold_is_found_by_listing(kube: Rig) -> None:
    kube.start(pace=QUICK._replace(patience=10.0))
    kube.told.until(lambda: kube.kube.api.watching == 1)
    kube.kube.store.put(pods.pod("huge", annotations={"example.org/blob": "x" * (9 << 20)}))
    kube.told.until(lambda: kube.told.names() == ["huge"])
    assert "larger than 8 MiB" in kube.told.whys[0]


def test_hostile_names_and_labels_are_text(kube: Rig) -> None:
    for number, name in enumerate(HOSTILE_NAMES):
        made = pods.pod(name, namespace=name, labels={name: name}, owner=("ReplicaSet", name))
        made["metadata"]["uid"] = f"uid-{number}"
        kube.kube.store.put(made)
    kube.start()
    kube.told.until(lambda: len(kube.told.infos) == len(HOSTILE_NAMES))
    assert kube.told.names() == sorted(HOSTILE_NAMES)
    assert kube.told.why == ""


def test_a_server_that_ignores_the_selector_gives_no_pod_of_others(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("ours"))
    kube.kube.store.put(pods.pod("theirs", node="worker-2"))
    kube.kube.api.ignore_selectors = True
    kube.start()
    kube.told.until(lambda: kube.told.names() == ["ours"])
    moved = kube.kube.store.put(pods.pod("also theirs", node="worker-2"))
    kube.kube.store.put(pods.pod("ours too"))
    kube.told.until(lambda: "ours too" in kube.told.names())
    assert kube.told.names() == ["ours", "ours too"]
    kube.kube.store.delete(moved["metadata"]["uid"])


def test_a_kubeconfig_serves_a_machine_that_is_no_pod(kube: Rig, tmp_path: Path) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(_kubeconfig(kube.kube.url, str(kube.kube.account / "ca.crt"), marked("first")))
    before = kubeconfig.read_text()
    kube.start(server=None, kubeconfig=str(kubeconfig))
    kube.told.until(lambda: kube.told.names() == ["web-0"])
    kube.kube.rotate("second", write=False)
    kube.told.until(lambda: "401" in kube.told.why)
    kubeconfig.write_text(before.replace("first", "second"))
    kube.told.until(lambda: kube.told.why == "")


def test_a_kubeconfig_that_is_not_there_or_lacks_the_context_is_said(kube: Rig, tmp_path: Path) -> None:
    kube.start(server=None, kubeconfig=str(tmp_path / "nowhere"))
    kube.told.until(lambda: "inventories.kubernetes.kubeconfig" in kube.told.why)
    other = Rig(kube.kube)
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(_kubeconfig(kube.kube.url, str(kube.kube.account / "ca.crt"), marked("first")))
    other.start(server=None, kubeconfig=str(kubeconfig), context="elsewhere")
    other.told.until(lambda: "elsewhere" in other.told.why)
    other.close()


def test_an_address_in_the_clear_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"expected https://HOST:PORT"):
        load_settings(
            environ={"GOBS_INVENTORIES__KUBERNETES__SERVER": "http://10.0.0.1:8080"}, system_file=tmp_path / "none"
        )


@pytest.mark.parametrize(
    ("environ", "says"),
    [({}, "KUBERNETES_SERVICE_HOST is not set"), ({"KUBERNETES_SERVICE_HOST": ""}, "KUBERNETES_SERVICE_HOST")],
)
def test_without_a_cluster_there_is_nothing_to_ask(environ: dict[str, str], says: str) -> None:
    cls: Any = type("Here", (KubernetesInventory,), {"environ": environ})
    with pytest.raises(NoData, match=says):
        cls(cls.Config(), "here").open(Told())


def test_a_pod_is_told_where_its_api_server_is() -> None:
    from gobs_collectors.kubernetes.settings import where

    config = KubernetesInventory.Config()
    assert where(config, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}) == "https://10.0.0.1:443"
    assert where(config, {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}) == (
        "https://[fd00::1]:6443"
    )
    assert where(KubernetesInventory.Config(server="https://kube:6443/"), {}) == "https://kube:6443"


def _kubeconfig(url: str, authority: str, token: str) -> str:
    return (
        "apiVersion: v1\nkind: Config\ncurrent-context: dev\n"
        f"clusters: [{{name: c, cluster: {{server: '{url}', certificate-authority: '{authority}'}}}}]\n"
        "contexts: [{name: dev, context: {cluster: c, user: u}}]\n"
        f"users:\n- name: u\n  user:\n    token: {token}\n"
    )
