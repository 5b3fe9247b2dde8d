"""The apps a simulated cluster runs, and the processes each is made of."""

from __future__ import annotations

from gobs_core.simulate.habit import MIB, App, Bounds, Habit

PAUSE = Habit(comm="pause", command=("/pause",), cores=0.00002, memory=MIB, library=MIB, wakes=0.01, uid=65535)


def _nginx(workers: int) -> tuple[Habit, ...]:
    worker = Habit(
        comm="nginx", command=("nginx: worker process",), cores=0.02, system=0.55, memory=9 * MIB, uid=101,
        wakes=120, descriptors=24, writes=9_000,
    )  # fmt: skip
    master = Habit(comm="nginx", command=("nginx: master process nginx -g daemon off;",), memory=8 * MIB, wakes=0.1)
    return (master, *(worker,) * workers)


SHOP = App(
    name="shop", namespace="shop", containers=(_nginx(4),), tide=0.6, burst=1.5, receives=60_000, sends=420_000,
    called=("nginx",), image="registry.example/shop/web:4.12.0", tier="frontend",
    bounds=(Bounds(cpu_request=0.1, cpu_limit=0.15, memory_request=64 * MIB, memory_limit=128 * MIB),),
)  # fmt: skip
API = App(
    name="api", namespace="shop", tide=0.6, burst=0.8, receives=90_000, sends=150_000, init="migrate",
    called=("api", "envoy"), image="registry.example/shop/api:2.31.7",
    bounds=(
        Bounds(cpu_request=0.25, cpu_limit=0.5, memory_request=512 * MIB, memory_limit=768 * MIB),
        Bounds(cpu_request=0.05, cpu_limit=0.2, memory_request=64 * MIB, memory_limit=128 * MIB),
    ),
    containers=(
        (
            Habit(
                comm="java", command=("java", "-XX:MaxRAMPercentage=75", "-jar", "/app/api.jar"), cores=0.35,
                system=0.15, threads=12, memory=520 * MIB, library=60 * MIB, wakes=420, descriptors=44, uid=1000,
            ),
        ),
        (
            Habit(
                comm="envoy", command=("envoy", "-c", "/etc/envoy.yaml"), cores=0.06, system=0.4, threads=6,
                memory=48 * MIB, wakes=300, descriptors=30, uid=1337,
            ),
        ),
    ),
)  # fmt: skip
WORKERS = App(
    name="orders", namespace="shop", tide=0.4, burst=2.0, receives=30_000, sends=12_000, called=("worker",),
    bounds=(Bounds(cpu_request=0.3, memory_request=300 * MIB, memory_limit=512 * MIB),),
    containers=(
        (
            Habit(comm="celery", command=("celery", "-A", "orders", "worker"), cores=0.01, memory=70 * MIB, uid=1000),
            *(
                Habit(
                    comm="celery", command=("celery", "-A", "orders", "worker", f"--hostname=orders-{n}"), cores=0.12,
                    memory=85 * MIB, library=20 * MIB, wakes=60, writes=4_000, descriptors=16, uid=1000,
                )
                for n in range(3)
            ),
        ),
    ),
)  # fmt: skip


def _postgres(role: str, cores: float, **rest: float) -> Habit:
    return Habit(
        comm="postgres", command=(f"postgres: {role}",), cores=cores, system=0.35, memory=60 * MIB, uid=999,
        reads=rest.get("reads", 0), writes=rest.get("writes", 0), wakes=rest.get("wakes", 4), descriptors=18,
    )  # fmt: skip


DATABASE = App(
    name="postgres", namespace="shop", qos="guaranteed", tide=0.5, receives=40_000, sends=90_000, tier="data",
    bounds=(Bounds(cpu_request=1, cpu_limit=1, memory_request=1024 * MIB, memory_limit=1024 * MIB),),
    containers=(
        (
            Habit(comm="postgres", command=("postgres", "-D", "/data"), memory=40 * MIB, uid=999, descriptors=10),
            _postgres("checkpointer", 0.004, writes=180_000),
            _postgres("walwriter", 0.006, writes=320_000, wakes=6),
            _postgres("autovacuum launcher", 0.001),
            _postgres("shop orders 10.42.1.17(40112) SELECT", 0.09, reads=260_000, wakes=90),
            _postgres("shop orders 10.42.1.18(40388) idle", 0.04, reads=90_000, wakes=50),
            _postgres("shop carts 10.42.2.5(51002) UPDATE", 0.05, reads=60_000, writes=140_000, wakes=70),
        ),
    ),
)  # fmt: skip
CACHE = App(
    name="redis", namespace="shop", tide=0.5, receives=110_000, sends=240_000, called=("redis",), tier="data",
    bounds=(Bounds(cpu_request=0.1, memory_request=128 * MIB, memory_limit=160 * MIB),),
    containers=(
        (
            Habit(
                comm="redis-server", command=("redis-server *:6379",), cores=0.05, system=0.45, threads=5,
                memory=96 * MIB, wakes=240, descriptors=40, uid=999, writes=12_000,
            ),
        ),
    ),
)  # fmt: skip
QUEUE = App(
    name="rabbitmq", namespace="shop", tide=0.4, burst=1.0, receives=70_000, sends=70_000, called=("rabbitmq",),
    bounds=(Bounds(cpu_request=0.2, cpu_limit=0.4, memory_request=256 * MIB, memory_limit=512 * MIB),),
    containers=(
        (
            Habit(
                comm="beam.smp", command=("beam.smp", "-W", "w", "-MBas", "ageffcbf"), cores=0.14, threads=10,
                memory=180 * MIB, wakes=380, descriptors=42, uid=999, writes=60_000,
            ),
            Habit(comm="erl_child_setup", command=("erl_child_setup", "1048576"), memory=MIB, wakes=0.05, uid=999),
        ),
    ),
)  # fmt: skip
LEAKER = App(
    name="thumbnails", namespace="media", tide=0.3, receives=20_000, sends=50_000, called=("thumbnails",),
    bounds=(Bounds(cpu_request=0.1, cpu_limit=0.5, memory_request=128 * MIB, memory_limit=400 * MIB),),
    containers=(
        (
            Habit(
                comm="node", command=("node", "--max-old-space-size=400", "/srv/thumbnails.js"), cores=0.08, threads=8,
                memory=90 * MIB, leak=1.1 * MIB, limit=400 * MIB, wakes=80, descriptor_leak=0.05, uid=1000,
            ),
        ),
    ),
    tags=frozenset({"leaks"}),
)  # fmt: skip
NEIGHBOUR = App(
    name="transcode", namespace="media", qos="besteffort", tide=0.1, burst=14.0, receives=15_000, sends=15_000,
    called=("ffmpeg",),
    containers=(
        (
            Habit(comm="sh", command=("/bin/sh", "/transcode.sh"), memory=MIB, wakes=1, uid=1000),
            Habit(
                comm="ffmpeg", command=("ffmpeg", "-i", "/in/lecture 12 (final).mkv", "/out/720p.mp4"), cores=0.3,
                system=0.05, threads=8, memory=240 * MIB, nice=10, reads=400_000, writes=220_000, uid=1000,
            ),
        ),
    ),
    tags=frozenset({"noisy"}),
)  # fmt: skip
CRASHER = App(
    name="payments", namespace="shop", receives=500, sends=500,
    bounds=(Bounds(cpu_request=0.1, memory_request=64 * MIB, memory_limit=128 * MIB),),
    containers=(
        (
            Habit(
                comm="payments", command=("/payments", "--ledger=postgres://payments:hunter2@ledger:5432/ledger"),
                cores=0.2, memory=40 * MIB, threads=4, lasts=(15, 40), uid=1000,
            ),
        ),
    ),
    tags=frozenset({"crashes"}),
)  # fmt: skip
REPORT = App(
    name="report", namespace="batch", qos="besteffort", tide=0.0, receives=30_000, sends=8_000, called=("report",),
    containers=(
        (
            Habit(comm="bash", command=("bash", "-c", "report --since yesterday | gzip"), memory=2 * MIB, uid=1000),
            Habit(
                comm="report", command=("report", "--since", "yesterday"), cores=0.8, system=0.1, memory=130 * MIB,
                reads=900_000, lasts=(18, 35), uid=1000,
            ),
            Habit(comm="gzip", command=("gzip",), cores=0.3, memory=2 * MIB, writes=200_000, uid=1000),
        ),
    ),
)  # fmt: skip
BACKUP = App(
    name="backup", namespace="batch", tide=0.0, receives=5_000, sends=900_000, tags=frozenset({"fails"}),
    bounds=(Bounds(cpu_request=0.5, memory_request=256 * MIB, memory_limit=512 * MIB),),
    containers=(
        (
            Habit(
                comm="restic", command=("restic", "backup", "/data"), cores=0.5, threads=6, memory=160 * MIB,
                reads=2_500_000, lasts=(25, 50), uid=1000,
            ),
        ),
    ),
)  # fmt: skip
STUCK = App(
    name="recommender", namespace="shop", image="registry.example/shop/recomender:1.4.0", stuck="ImagePullBackOff",
    containers=((Habit(comm="recommender", command=("/recommender",)),),),
    bounds=(Bounds(cpu_request=0.2, memory_request=256 * MIB, memory_limit=256 * MIB),),
)  # fmt: skip
