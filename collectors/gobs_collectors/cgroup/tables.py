"""The declared shape of the table `container`."""

from __future__ import annotations

from gobs_core import Table, Total, Unit, counter, derived, gauge, info, key

FOLDER = "/sys/fs/cgroup/…"
INVENTORY = "inventory"
NAMES_NEED = "an inventory that knows it, such as `kubernetes`"
PSI_NEED = "version 2, Linux 4.20 with CONFIG_PSI, booted with psi=1 where that is not the default"
MICRO = 1e-6

INFO_CELLS = (
    info("namespace", "Namespace of its pod", needs=NAMES_NEED, source=INVENTORY),
    info("pod", "Name of its pod", needs=NAMES_NEED, source=INVENTORY),
    info("name", "Its name", needs=NAMES_NEED, source=INVENTORY),
    info("owner", "What made its pod in the end, KIND/NAME", needs=NAMES_NEED, source=INVENTORY),
    info("image", "Its image", needs=NAMES_NEED, source=INVENTORY),
    info(
        "type",
        "container, init, sidecar, ephemeral; unlisted: of a pod that does not list it, as its sandbox (pause), or one "
        "that has just started",
        needs=NAMES_NEED,
        source=INVENTORY,
    ),
    info("state", "running, waiting, terminated", needs=NAMES_NEED, source=INVENTORY),
    info("reason", "Why it waits or ended", needs=NAMES_NEED, source=INVENTORY),
    info("last_reason", "Why it ended the time before", needs=NAMES_NEED, source=INVENTORY),
    info("ready", "yes or no", needs=NAMES_NEED, source=INVENTORY),
    info("resources", "Requests and limits as written, NAME=REQUEST/LIMIT", needs=NAMES_NEED, source=INVENTORY),
    info("runtime", "What runs it: containerd, cri-o, docker, podman, …"),
    info("nested", "yes: it is within another container, which counts all of it as well"),
)
TOLD_CELLS = (
    gauge("restarts", "How often it was restarted", Unit.ITEMS, scale=1, needs=NAMES_NEED, source=INVENTORY),
    gauge("last_exit_code", "How it ended the time before", scale=1, needs=NAMES_NEED, source=INVENTORY),
    gauge("cpu_request", "Cores it is promised", scale=0.001, needs=NAMES_NEED, source=INVENTORY),
    gauge("memory_request", "Memory it is promised", Unit.BYTES, scale=1, needs=NAMES_NEED, source=INVENTORY),
)
READ_CELLS = (
    counter("cpu_usage", "CPU time", Unit.SECONDS, scale=MICRO, source=f"{FOLDER}/cpu.stat"),
    counter("cpu_user", "CPU time in user mode", Unit.SECONDS, scale=MICRO, source=f"{FOLDER}/cpu.stat"),
    counter("cpu_system", "CPU time in the kernel", Unit.SECONDS, scale=MICRO, source=f"{FOLDER}/cpu.stat"),
    counter("periods", "Periods of its CPU limit in which it ran", source=f"{FOLDER}/cpu.stat"),
    counter("throttled_periods", "Of these, how many it was stopped in", source=f"{FOLDER}/cpu.stat"),
    counter(
        "throttled_time",
        "Time its threads were stopped by its CPU limit",
        Unit.SECONDS,
        scale=MICRO,
        source=f"{FOLDER}/cpu.stat",
    ),
    gauge("cpu_limit", "Cores it may use at most", scale=0.001, source=f"{FOLDER}/cpu.max"),
    gauge("memory", "Memory charged to it, cache included", Unit.BYTES, scale=1, source=f"{FOLDER}/memory.current"),
    gauge("anon", "Memory of its own, not of files", Unit.BYTES, scale=1, source=f"{FOLDER}/memory.stat"),
    gauge("file", "Cached files, tmpfs and shared memory", Unit.BYTES, scale=1, source=f"{FOLDER}/memory.stat"),
    gauge("kernel", "Memory of the kernel for it", Unit.BYTES, scale=1, source=f"{FOLDER}/memory.stat"),
    gauge(
        "working_set",
        "Memory charged to it without the files nobody has touched lately: what the kernel would not give up easily",
        Unit.BYTES,
        scale=1,
        source=f"{FOLDER}/memory.stat",
    ),
    gauge("memory_limit", "Memory it may have at most", Unit.BYTES, scale=1, source=f"{FOLDER}/memory.max"),
    counter("oom", "Times its limit was hit and nothing could be reclaimed", source=f"{FOLDER}/memory.events"),
    counter("oom_kill", "Processes killed for want of memory", source=f"{FOLDER}/memory.events"),
    counter("memory_high", "Times it was slowed down over its high mark", source=f"{FOLDER}/memory.events"),
    counter("memory_max", "Times it was about to go over its limit", source=f"{FOLDER}/memory.events"),
    counter("read_bytes", "Read from disks", Unit.BYTES, source=f"{FOLDER}/io.stat"),
    counter("write_bytes", "Written to disks", Unit.BYTES, source=f"{FOLDER}/io.stat"),
    counter("reads", "Reads from disks", Unit.OPERATIONS, source=f"{FOLDER}/io.stat"),
    counter("writes", "Writes to disks", Unit.OPERATIONS, source=f"{FOLDER}/io.stat"),
    gauge("pids", "Processes and threads", Unit.ITEMS, scale=1, source=f"{FOLDER}/pids.current"),
    gauge("pids_limit", "How many it may have at most", Unit.ITEMS, scale=1, source=f"{FOLDER}/pids.max"),
    *(
        counter(
            f"{resource}_{who}", f"Time in which {meaning} for {what}", Unit.SECONDS, scale=MICRO, needs=PSI_NEED,
            source=f"{FOLDER}/{resource}.pressure",
        )
        for resource, what in (("cpu", "a CPU"), ("memory", "memory"), ("io", "disks"))
        for who, meaning in (("some", "any of its threads waited"), ("full", "all its busy threads waited"))
    ),
)  # fmt: skip
"""What is read of a container's own group, in the order of `sources`."""

_IO = {"read_bytes", "write_bytes", "reads", "writes"}
IO_CELLS = tuple(column for column in READ_CELLS if column.name in _IO)

CONTAINER_IO = Table(
    "container_io",
    "What every container reads of and writes to every block device, as the kernel counts it in its control group",
    [
        key("workload", "Pod uid; container id without a pod"),
        key("container", "Its id"),
        key("device", "The device as in the table `disk`; `MAJOR:MINOR` of one that the machine's /sys does not tell"),
        info("namespace", "Namespace of its pod", needs=NAMES_NEED, source=INVENTORY),
        info("pod", "Name of its pod", needs=NAMES_NEED, source=INVENTORY),
        info("name", "The container's name", needs=NAMES_NEED, source=INVENTORY),
        info("owner", "What made its pod in the end, KIND/NAME", needs=NAMES_NEED, source=INVENTORY),
        info(
            "counted",
            "yes: in a total; no: the device lies on others that count the same bytes again, or the container is "
            "within another",
        ),
        *IO_CELLS,
    ],
    total=Total("counted", frozenset({"yes"})),
)

CONTAINER = Table(
    "container",
    "Every container, as the kernel counts it in its control group",
    [
        key("workload", "Pod uid; container id without a pod"),
        key("container", "Its id; of one that has not run yet unstarted/NAME"),
        *INFO_CELLS,
        *TOLD_CELLS,
        *READ_CELLS,
        derived("cpu", "CPU use, of one core", "100 * rate(cpu_usage)", Unit.PERCENT),
        derived("cpu_of_limit", "CPU use, of its limit", "100 * rate(cpu_usage) / cpu_limit", Unit.PERCENT),
        derived("cpu_of_request", "CPU use, of its request", "100 * rate(cpu_usage) / cpu_request", Unit.PERCENT),
        derived(
            "throttled",
            "Periods in which it was stopped by its CPU limit, of those in which it ran",
            "100 * rate(throttled_periods) / rate(periods)",
            Unit.PERCENT,
        ),
        derived("memory_of_limit", "Working set, of its limit", "100 * working_set / memory_limit", Unit.PERCENT),
        derived("memory_of_request", "Working set, of its request", "100 * working_set / memory_request", Unit.PERCENT),
        derived("pids_of_limit", "Processes and threads, of its limit", "100 * pids / pids_limit", Unit.PERCENT),
    ],
    total=Total("nested", frozenset({"no"})),
)
