"""Real processes in real control groups, named by an API server, discovered by the real agent, on the real pages."""

from __future__ import annotations

import contextlib
import os
import random
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.gobs import start
from tests.support.groups import BUSY, IDLE, GroupedPod, grouped_pods, sys_of_version_2, unified
from tests.support.kube import pods
from tests.support.kube.server import KubeServer, kube_server
from tests.support.server import ServerProcess, gobs_server

pytestmark = pytest.mark.root

NODE = "worker-1"
PATIENCE = 60.0


@contextlib.contextmanager
def agent(server: ServerProcess, kube: KubeServer, folder: Path, *more: str) -> Iterator[None]:
    """Run the real agent over this machine, with the API server it is to ask."""
    settings = {"server": kube.url, "service_account": str(kube.account)}
    sets = [word for name, value in settings.items() for word in ("--set", f"inventories.kubernetes.{name}={value}")]
    words = ("agent", "--server", server.grpc, "--node", NODE, "--interval", "1s", *sets, *more)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOBS_", "KUBERNETES_"))}
    with (folder / "agent.log").open("w") as log:
        process = start(*words, stdout=log, stderr=log, environ={**environment, "GOBS_CONFIG": os.devnull})
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def until(told: Callable[[], Any], why: str) -> Any:
    """Return what another process tells, once it tells anything."""
    end = time.monotonic() + PATIENCE
    while not (found := told()):
        assert time.monotonic() < end, why
        time.sleep(0.1)
    return found


def told_of(one: GroupedPod) -> dict[str, Any]:
    """The pod as the API knows it."""
    told = pods.running(
        pods.pod(one.name, uid=one.uid, owner=("ReplicaSet", "web-5d4f8c7b9"),
                 labels={"app": "web", "pod-template-hash": "5d4f8c7b9"}, limits={"cpu": "1", "memory": "256Mi"}),
        random.Random(1),
    )  # fmt: skip
    told["status"]["containerStatuses"][0]["containerID"] = f"containerd://{one.container}"
    return told


class Seen:
    """What the server tells of the pods."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server

    def pod(self, one: GroupedPod) -> dict[str, Any]:
        """Its row as it is now; empty while there is none."""
        found = self._server.get(f"/api/v1/pods?q={one.uid}")["pods"]
        return dict(found[0]) if found else {}

    def value(self, one: GroupedPod, name: str, kind: str = "values") -> float | None:
        row = self.pod(one)
        value = row[kind].get(name) if row else None
        return None if value is None else float(value)

    def page(self, path: str) -> str:
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self._server.text(path)))


@pytest.mark.parametrize("alone", [False, True], ids=["control groups as they are", "version 2 alone"])
def test_pods_of_this_machine_come_with_their_names_their_cpu_and_their_sums_on_the_page(
    *, alone: bool, tmp_path: Path
) -> None:
    more = ("--sys-root", str(sys_of_version_2(tmp_path))) if alone else ()
    with (
        grouped_pods("web-busy", "web-five", roots=[unified()] if alone else []) as (busy, five),
        kube_server(tmp_path / "kube") as kube,
        gobs_server(tmp_path / "data") as server,
        agent(server, kube, tmp_path, *more),
    ):
        seen = Seen(server)
        kube.store.put(told_of(busy))
        kube.store.put(told_of(five))
        busy.start(BUSY)
        workers = [five.start(IDLE) for _ in range(4)]
        worker = five.start(BUSY)

        until(lambda: seen.value(five, "processes") == 5, "a pod of five processes has five")
        until(lambda: (seen.value(busy, "cpu") or 0) > 5, "the busy one shows its CPU under its pod")
        row = until(lambda: seen.pod(five) if seen.pod(five)["infos"]["name"] else {}, "it has its name")
        infos = row["infos"]
        assert (infos["name"], infos["namespace"], infos["owner"]) == ("web-five", "shop", "Deployment/web")
        assert infos["cpu_source"] == "cgroup" if alone else infos["cpu_source"] in {"cgroup", "processes"}
        detail = server.get(f"/api/v1/nodes/{NODE}/pods/shop/web-five")
        assert {process["keys"]["pid"] for process in detail["processes"]} == {
            str(one.pid) for one in (*workers, worker)
        }
        rss = sum(process["values"]["vm_rss"] or 0 for process in detail["processes"])
        assert rss == pytest.approx(detail["pod"]["values"]["memory_rss"], rel=0.02), "the sum is of all five"
        (container,) = [one for one in detail["containers"] if one["keys"]["container"] == five.container]
        assert container["infos"]["name"] == "app"
        if infos["cpu_source"] == "cgroup":
            assert container["values"]["cpu_usage"] > 0

        before = until(lambda: seen.value(five, "cpu_user") or 0, "the worker has used CPU time")
        five.end(worker)
        until(lambda: seen.value(five, "processes") == 4, "one has ended")
        after = [seen.value(five, "cpu_user") or 0.0 for _ in range(3)]
        assert min(after) >= before, "a worker that exits never makes a counter fall"

        listed = seen.page("/pods?filter=app%3Dweb")
        assert "web-busy" in listed
        assert "web-five" in listed
        page = seen.page(f"/nodes/{NODE}/workloads/{five.uid}")
        assert "4 in this pod now" in page
        assert "0.10 cores promised, 1 cores at most" in page

        kube.store.delete(busy.uid)
        busy.end(busy.processes[0])
        until(lambda: not seen.pod(busy), "a pod that is deleted and has no process is gone")


def test_a_pid_that_is_used_again_in_another_pod_inherits_nothing(tmp_path: Path) -> None:
    with (
        grouped_pods("web-first", "web-second") as (first, second),
        kube_server(tmp_path / "kube") as kube,
        gobs_server(tmp_path / "data") as server,
        agent(server, kube, tmp_path),
    ):
        for one in (first, second):
            kube.store.put(told_of(one))
        process = first.start(BUSY)

        def processes(name: str) -> list[dict[str, Any]]:
            found = server.get(f"/api/v1/nodes/{NODE}/pods/shop/{name}")["processes"]
            return [row for row in found if row["keys"]["pid"] == str(process.pid)]

        until(lambda: Seen(server).pod(second).get("infos", {}).get("name"), "the other pod is there")
        [before] = until(
            lambda: [row for row in processes("web-first") if row["values"]["utime"] > 2.0], "it has used two seconds"
        )
        first.end(process)
        again = used_again(second, process.pid)
        [after] = until(lambda: processes("web-second"), "it is there again")
        assert after["keys"]["start"] != before["keys"]["start"]
        assert after["values"]["utime"] < 1.0
        assert (Seen(server).value(second, "cpu_user") or 0) < 1.0
        until(lambda: not processes("web-first"), "it is in its new pod alone")
        assert f"/processes/{again.pid}/" in server.text(f"/nodes/{NODE}/workloads/{second.uid}")
        assert f"/processes/{again.pid}/" not in server.text(f"/nodes/{NODE}/workloads/{first.uid}")


def used_again(one: GroupedPod, pid: int) -> subprocess.Popen[bytes]:
    """A process of a pod that has this number; others who start processes meanwhile may come first."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1), encoding="ascii")
        process = one.start(IDLE)
        if process.pid == pid:
            return process
        one.end(process)
    raise AssertionError(f"nobody got the number {pid} again")
