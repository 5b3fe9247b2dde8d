"""What control groups' names say, for the paths that engines, kubelets and systemd really make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core.cgroup_path import Place, paths, place, unified_path

A = "a" * 64
B = "0123456789abcdef" * 4
UID = "7f3c9a52-1d4e-4b6a-9c8d-0e1f2a3b4c5d"
SNAKE = UID.replace("-", "_")
STATIC = "b4c1f8e07a1d4d1f9a5c2b3e4f607182"
BEST = "/kubepods.slice/kubepods-besteffort.slice"
BURST = "/kubepods.slice/kubepods-burstable.slice"
KIND = "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice"
USER = "/user.slice/user-1000.slice/user@1000.service"

PATHS = [
    # Kubernetes with the systemd driver
    (f"{BURST}/kubepods-burstable-pod{SNAKE}.slice/cri-containerd-{A}.scope", Place(UID, A, "containerd")),
    (f"{BEST}/kubepods-besteffort-pod{SNAKE}.slice/crio-{A}.scope", Place(UID, A, "cri-o")),
    (f"{BEST}/kubepods-besteffort-pod{SNAKE}.slice/crio-{A}.scope/container", Place(UID, A, "cri-o")),
    (f"{BEST}/kubepods-besteffort-pod{SNAKE}.slice/crio-conmon-{A}.scope", Place(UID, "", "cri-o")),
    (f"/kubepods.slice/kubepods-pod{SNAKE}.slice/docker-{A}.scope", Place(UID, A, "docker")),
    (f"{BURST}/kubepods-burstable-pod{UID}.slice/cri-containerd-{A}.scope", Place(UID, A, "containerd")),
    (f"{BURST}/kubepods-burstable-pod{STATIC}.slice/cri-containerd-{A}.scope", Place(STATIC, A, "containerd")),
    (f"{BURST}/kubepods-burstable-pod{SNAKE}.slice", Place(UID)),
    # Kubernetes with the cgroupfs driver
    (f"/kubepods/burstable/pod{UID}/{A}", Place(UID, A)),
    (f"/kubepods/pod{UID}/{A}", Place(UID, A)),
    (f"/kubepods/besteffort/pod{STATIC}/{A}", Place(STATIC, A)),
    (f"/kubepods/besteffort/pod{UID}/crio-{A}", Place(UID, A, "cri-o")),
    (f"/kubepods/besteffort/pod{UID}/crio-conmon-{A}", Place(UID, "", "cri-o")),
    # runtimes that nobody knows: what has the form of a container is one, and anything else is the pod's
    (f"{BURST}/kubepods-burstable-pod{SNAKE}.slice/newrt-{A}.scope", Place(UID, A, "newrt")),
    (f"{BURST}/kubepods-burstable-pod{SNAKE}.slice/{A}", Place(UID, A)),
    (f"/kubepods/pod{UID}/kata_{A}", Place(UID)),
    (f"{BURST}/kubepods-burstable-pod{SNAKE}.slice/some-sandbox", Place(UID)),
    # the runtime was told another driver than the kubelet
    (
        f"/system.slice/containerd.service/kubepods-burstable-pod{SNAKE}.slice:cri-containerd:{A}",
        Place(UID, A, "containerd"),
    ),
    # seen from within a control group namespace of our own
    (f"/../../kubepods-besteffort-pod{SNAKE}.slice/cri-containerd-{A}.scope", Place(UID, A, "containerd")),
    (f"/../cri-containerd-{A}.scope", Place("", A, "containerd")),
    ("/../../../../system.slice/ssh.service", Place(unit="ssh.service")),
    # without Kubernetes
    (f"/system.slice/docker-{A}.scope", Place("", A, "docker")),
    (f"/docker/{A}", Place("", A, "docker")),
    (f"/docker-ce/docker/{A}", Place("", A, "docker")),
    (f"/system.slice/docker-{A}.scope/init.scope", Place("", A, "docker")),
    (f"/machine.slice/libpod-{A}.scope/container", Place("", A, "podman")),
    (f"/machine.slice/libpod-conmon-{A}.scope", Place(unit=f"libpod-conmon-{A}.scope")),
    (f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{A}.scope", Place("", A, "podman")),
    (f"/libpod_parent/libpod-{A}", Place("", A, "podman")),
    (f"/default/{A}", Place("", A, "containerd")),
    (f"/system.slice/nerdctl-{A}.scope", Place("", A, "containerd")),
    (f"/ecs/5f2d1c/{A}", Place("", A)),
    ("/lxc.payload.web/system.slice/nginx.service", Place("", "lxc/web", "lxc")),
    ("/lxc/web", Place("", "lxc/web", "lxc")),
    # a cluster in containers: kind, k3s in Docker, Docker in a pod
    (
        f"/system.slice/docker-{B}.scope{KIND}/kubelet-kubepods-burstable-pod{SNAKE}.slice/cri-containerd-{A}.scope",
        Place(UID, A, "containerd"),
    ),
    (f"/docker/{B}/kubepods/besteffort/pod{UID}/{A}", Place(UID, A)),
    (f"/docker/{B}/kubelet/kubepods/burstable/pod{UID}/{A}", Place(UID, A)),
    (f"/system.slice/docker-{B}.scope/kubelet.slice/kubelet.service", Place("", B, "docker")),
    (f"/kubepods/burstable/pod{UID}/{B}/docker/{A}", Place(UID, A, "docker")),
    (f"/docker/{B}/docker/{A}", Place("", A, "docker")),
    # systemd
    ("/system.slice/ssh.service", Place(unit="ssh.service")),
    ("/system.slice/system-getty.slice/getty@tty1.service", Place(unit="getty@tty1.service")),
    ("/system.slice/containerd.service", Place(unit="containerd.service")),
    ("/system.slice/k3s.service/init", Place(unit="k3s.service")),
    ("/system.slice/foo.service/bar.service", Place(unit="foo.service")),
    ("/init.scope", Place(unit="init.scope")),
    ("/user.slice/user-1000.slice/session-3.scope", Place(unit="session-3.scope")),
    ("/user.slice/user-1000.slice/user@1000.service/init.scope", Place(unit="user@1000.service")),
    (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox@ab12.service",
        Place(unit="user@1000.service/app-firefox@ab12.service"),
    ),
    ("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", Place(unit="machine-qemu\\x2d1\\x2dvm.scope")),
    ("/system.slice/ssh.service (deleted)", Place(unit="ssh.service")),
    # below a user's manager, where the user names control groups: containers of an engine without root, never pods
    (f"{USER}/user.slice/libpod-{A}.scope/container", Place("", A, "podman")),
    (f"{USER}/user.slice/user-libpod_pod_{B}.slice/libpod-{A}.scope", Place("", A, "podman")),
    (f"{USER}/user.slice/docker-{A}.scope", Place("", A, "docker")),
    (f"{USER}/user.slice/nerdctl-{A}.scope", Place("", A, "containerd")),
    (f"{USER}/libpod_parent/libpod-{A}", Place("", A, "podman")),
    (f"{USER}/user.slice/libpod-conmon-{A}.scope", Place(unit=f"user@1000.service/libpod-conmon-{A}.scope")),
    (
        f"{USER}/user.slice/libpod-{B}.scope{KIND}/x-kubepods-pod{SNAKE}.slice/cri-containerd-{A}.scope",
        Place("", B, "podman"),
    ),
    (
        f"{USER}/app.slice/k3s-rootless.service/kubepods/burstable/pod{UID}/{A}",
        Place(unit="user@1000.service/k3s-rootless.service"),
    ),
    (
        f"{USER}{BURST}/kubepods-burstable-pod{SNAKE}.slice/cri-containerd-{A}.scope",
        Place(unit=f"user@1000.service/cri-containerd-{A}.scope"),
    ),
    (f"{USER}/kubepods/pod{UID}/{A}", Place(unit="user@1000.service")),
    (f"{USER}/app.slice/kubepods-pod{SNAKE}.slice:cri-containerd:{A}", Place(unit="user@1000.service")),
    (f"{USER}/docker/{A}", Place(unit="user@1000.service")),
    (f"{USER}/lxc.payload.web", Place(unit="user@1000.service")),
    (f"{USER}/lxc/web", Place(unit="user@1000.service")),
    (f"/../..{USER}/kubepods/pod{UID}/{A}", Place(unit="user@1000.service")),
    # a user's manager in a container or a pod that runs systemd: what is around it is told
    (f"/kubepods/burstable/pod{UID}/{A}{USER}/user.slice/libpod-{B}.scope", Place(UID, A)),
    (f"/system.slice/docker-{A}.scope{USER}/kubepods/pod{UID}/{B}", Place("", A, "docker")),
    # nothing to tell
    ("/", Place()),
    ("/user.slice", Place()),
    ("/process_api/479b9158f2a3fd94367711ccc3c08330", Place()),
    ("/podman", Place()),
    (f"/pod{UID}", Place()),
    (f"/docker/{A[:-1]}g", Place()),
]


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_a_version_2_path_says_who_is_in_it(path: str, expected: Place) -> None:
    assert place(f"0::{path}\n".encode()) == expected


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_a_version_1_path_says_the_same(path: str, expected: Place) -> None:
    lines = [f"12:cpu,cpuacct:{path}", f"4:memory:{path}", f"1:name=systemd:{path}"]
    assert place("\n".join(lines).encode()) == expected


def test_a_hybrid_machine_is_told_by_the_hierarchy_that_knows_more() -> None:
    raw = f"10:memory:/docker/{A}\n1:name=systemd:/docker/{A}\n0::/system.slice/containerd.service\n".encode()
    assert place(raw) == Place("", A, "docker")


def test_a_unit_comes_from_version_2_before_systemds_own_before_any_controller() -> None:
    raw = b"4:memory:/system.slice/c.service\n1:name=systemd:/system.slice/b.service\n0::/system.slice/a.service\n"
    assert place(raw).unit == "a.service"
    assert place(raw.replace(b"0::/system.slice/a.service\n", b"0::/\n")).unit == "b.service"


def test_colons_and_bytes_that_are_no_utf_8_in_a_path_are_kept() -> None:
    assert paths(b"0::/a:b/\xff.service\n") == ["/a:b/\\xff.service"]
    assert place(b"0::/system.slice/\xff.service\n").unit == "\\xff.service"


@pytest.mark.parametrize("byte", [b"\r", b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x85", b"\xe2\x80\xa8"])
def test_no_byte_but_a_newline_ends_a_line(byte: bytes) -> None:
    fake = b"0::/kubepods/pod" + UID.encode() + b"/" + A.encode()
    raw = b"1:name=systemd:/user.slice/user-1000.slice/user@1000.service/x" + byte + fake + b"\n"
    assert len(paths(raw)) == 1
    assert place(raw) == Place(unit="user@1000.service")
    assert unified_path(raw) == ""


def test_the_unified_path_is_that_of_version_2_alone() -> None:
    assert unified_path(b"4:memory:/x\n0::/y/z\n") == "/y/z"
    assert unified_path(b"4:memory:/x\n") == ""


@given(st.binary(max_size=400))
def test_any_bytes_have_a_place(raw: bytes) -> None:
    assert isinstance(place(raw), Place)
    assert isinstance(unified_path(raw), str)


@given(st.text(alphabet="0123456789abcdef-_./:podkubescrictainer", max_size=200))
def test_anything_like_a_path_has_a_place(path: str) -> None:
    found = place(f"0::/{path}\n".encode())
    assert not (found.unit and (found.pod or found.container))
