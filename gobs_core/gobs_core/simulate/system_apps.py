"""What every Kubernetes node runs besides its users' apps: agents, network, control plane, host services, kernel."""

from __future__ import annotations

from gobs_core.simulate.habit import MIB, App, Bounds, Habit


def _go(name: str, *arguments: str, cores: float, memory: int, writes: float = 0.0) -> tuple[tuple[Habit, ...], ...]:
    return (
        (
            Habit(
                comm=name[:15], command=(name, *arguments), cores=cores, system=0.3, threads=9, memory=memory,
                library=20 * MIB, wakes=150, descriptors=22, writes=writes,
            ),
        ),
    )  # fmt: skip


def _host(name: str, containers: tuple[tuple[Habit, ...], ...]) -> App:
    return App(
        name=name, namespace="kube-system", tide=0.2, receives=6_000, sends=9_000, host_network=True,
        containers=containers, called=(name,), tier="node", bounds=(Bounds(cpu_request=0.05, memory_request=64 * MIB),),
    )  # fmt: skip


EVERYWHERE = (
    _host("kube-proxy", _go("kube-proxy", "--config=/var/lib/kube-proxy/config.conf", cores=0.01, memory=40 * MIB)),
    _host("cilium", _go("cilium-agent", "--config-dir=/tmp/cilium/config-map", cores=0.05, memory=150 * MIB)),
    _host("node-exporter", _go("node_exporter", "--path.procfs=/host/proc", cores=0.012, memory=22 * MIB)),
)
CONTROL_PLANE = (
    _host("etcd", _go("etcd", "--data-dir=/var/lib/etcd", cores=0.12, memory=90 * MIB, writes=400_000)),
    _host("kube-apiserver", _go("kube-apiserver", "--secure-port=6443", cores=0.28, memory=420 * MIB)),
    _host("kube-scheduler", _go("kube-scheduler", "--leader-elect=true", cores=0.02, memory=50 * MIB)),
    _host("kube-controller-manager", _go("kube-controller-manager", cores=0.06, memory=110 * MIB)),
)
DNS = App(
    name="coredns", namespace="kube-system", tide=0.5, receives=20_000, sends=30_000, tier="node",
    bounds=(Bounds(cpu_request=0.1, memory_request=70 * MIB, memory_limit=170 * MIB),),
    containers=_go("coredns", "-conf", "/etc/coredns/Corefile", cores=0.03, memory=30 * MIB),
)  # fmt: skip

INIT = Habit(comm="systemd", command=("/sbin/init",), cores=0.003, memory=12 * MIB, wakes=3, seccomp=0, descriptors=60)
SERVICES = (
    ("systemd-journald.service", "systemd-journal", ("/lib/systemd/systemd-journald",), 0.006, 30, 0, 6_000),
    ("systemd-udevd.service", "systemd-udevd", ("/lib/systemd/systemd-udevd",), 0.0002, 8, 0, 0),
    ("systemd-logind.service", "systemd-logind", ("/lib/systemd/systemd-logind",), 0.0002, 8, 0, 0),
    ("dbus.service", "dbus-daemon", ("@dbus-daemon", "--system", "--nofork"), 0.0005, 5, 101, 0),
    ("chrony.service", "chronyd", ("/usr/sbin/chronyd", "-F", "1"), 0.0003, 4, 102, 100),
    ("ssh.service", "sshd", ("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups",), 0.0001, 9, 0, 0),
    ("containerd.service", "containerd", ("/usr/bin/containerd",), 0.03, 60, 0, 20_000),
    ("kubelet.service", "kubelet", ("/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml"), 0.07, 110, 0, 9_000),
)
"""Unit, comm, command, cores, MiB, uid, bytes per second written."""
SHIM = Habit(
    comm="containerd-shim", command=("/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io"), cores=0.0008,
    threads=6, memory=12 * MIB, wakes=2, seccomp=0, descriptors=14,
)  # fmt: skip
LOGIN = (
    Habit(
        comm="systemd", command=("/lib/systemd/systemd", "--user"), cores=0.0002, memory=9 * MIB, uid=1000, seccomp=0
    ),
    Habit(comm="(sd-pam)", command=("(sd-pam)",), cores=0.0, memory=4 * MIB, wakes=0.001, uid=1000, seccomp=0),
)


def services() -> tuple[tuple[str, Habit], ...]:
    """Return the units of the host and the process of each."""
    return tuple(
        (
            unit,
            Habit(
                comm=comm, command=command, cores=cores, memory=mib * MIB, uid=uid, writes=writes, seccomp=0,
                threads=9 if comm in ("kubelet", "containerd") else 1, wakes=max(1.0, 1_500 * cores), descriptors=16,
            ),
        )
        for unit, comm, command, cores, mib, uid, writes in SERVICES
    )  # fmt: skip


def kernel_threads(cpus: int) -> tuple[Habit, ...]:
    """Return the children of kthreadd on a machine with so many CPUs."""
    names = ["rcu_preempt", "kcompactd0", "kswapd0", "jbd2/nvme0n1p1-8", "khungtaskd", "kauditd"]
    for cpu in range(cpus):
        names += [f"ksoftirqd/{cpu}", f"migration/{cpu}", f"kworker/{cpu}:1-events", f"kworker/{cpu}:0H-kblockd"]
    return tuple(
        Habit(
            comm=name[:15], cores=0.0015 if "soft" in name or "rcu" in name else 0.0004, system=1.0, memory=0,
            library=0, wakes=12 if "rcu" in name else 2, seccomp=0, descriptors=0,
            nice=-20 if name.endswith("kblockd") else 0, realtime=99 if name.startswith("migration") else 0,
        )
        for name in names
    )  # fmt: skip
