"""The tables `process` and `pod`, and the order in which the cells of a process's row come from its files."""

from __future__ import annotations

from gobs_core import Chart, Table, Unit, counter, derived, gauge, info, key

STAT = "/proc/PID/stat"
STATUS = "/proc/PID/status"
IO = "/proc/PID/io"
FD = "/proc/PID/fd"
NET_DEV = "/proc/PID/net/dev"
IO_NEEDS = "CAP_SYS_PTRACE, and CAP_DAC_READ_SEARCH when the agent is not root, for processes of other users"
NET_NEEDS = "a network namespace that is not the host's"
NAMES_NEED = "an inventory that knows it, such as `kubernetes`"
INVENTORY = "inventory"
CPU_STAT = "/sys/fs/cgroup/…/cpu.stat"
MEMORY_STAT = "/sys/fs/cgroup/…/memory.stat"
MICRO = 1e-6
CLOCK_TICK = 0.01
"""What Linux counts CPU time in where it tells user space (USER_HZ)."""

STAT_CELLS = (
    info(
        "state",
        "R running, S sleeping, D waiting for a disk or the like, T stopped, Z ended but not yet waited for, …",
        source=STAT,
    ),
    info("ppid", "The process that waits for it to end", source=STAT),
    counter("minor_faults", "Page faults that needed no reading", source=STAT),
    counter("major_faults", "Page faults that needed a page to be read", source=STAT),
    counter("utime", "CPU time of all its threads in user mode", Unit.SECONDS, scale=CLOCK_TICK, source=STAT),
    counter("stime", "CPU time of all its threads in the kernel", Unit.SECONDS, scale=CLOCK_TICK, source=STAT),
    counter("cutime", "User time of the children it has waited for", Unit.SECONDS, scale=CLOCK_TICK, source=STAT),
    counter("cstime", "Kernel time of the children it has waited for", Unit.SECONDS, scale=CLOCK_TICK, source=STAT),
    gauge("priority", "The scheduler's priority: 20 + nice, or below 0 for real time", scale=1, source=STAT),
    gauge("nice", "From -20, pushing forward, to 19, giving way", scale=1, source=STAT),
    gauge("threads", "Threads", Unit.ITEMS, scale=1, source=STAT),
    gauge("start_time", "When it started, after the machine's boot", Unit.SECONDS, scale=CLOCK_TICK, source=STAT),
    gauge("processor", "The CPU it ran on last", scale=1, source=STAT),
    gauge("rt_priority", "Real-time priority, 1 to 99; 0 for all others", scale=1, source=STAT),
)
STATUS_CELLS = (
    info("uid", "The user it acts as (effective user id)", source=STATUS),
    gauge("vm_peak", "Largest size of its address space so far", Unit.BYTES, scale=1024, source=STATUS),
    gauge("vm_size", "Size of its address space", Unit.BYTES, scale=1024, source=STATUS),
    gauge("vm_lck", "Memory it keeps from being swapped out", Unit.BYTES, scale=1024, source=STATUS),
    gauge("vm_pin", "Memory that may not even be moved", Unit.BYTES, scale=1024, source=STATUS),
    gauge("vm_rss", "Memory it has in RAM, shared pages included", Unit.BYTES, scale=1024, source=STATUS),
    gauge("vm_data", "Address space of its data", Unit.BYTES, scale=1024, source=STATUS),
    gauge("vm_stk", "Address space of its stack", Unit.BYTES, scale=1024, source=STATUS),
    gauge("vm_exe", "Address space of its program's code", Unit.BYTES, scale=1024, source=STATUS),
    gauge("vm_lib", "Address space of the code of its libraries", Unit.BYTES, scale=1024, source=STATUS),
    gauge("vm_swap", "Its own memory that is swapped out", Unit.BYTES, scale=1024, source=STATUS),
    info("seccomp", "Filter on system calls: disabled, strict, filter", source=STATUS),
    info("speculation_store_bypass", "How it is guarded against Speculative Store Bypass", source=STATUS),
    info("cpus_allowed_list", "CPUs it may run on", source=STATUS),
    info("mems_allowed_list", "Memory nodes it may use", source=STATUS),
    counter("voluntary_ctxt_switches", "Times its first thread gave up the CPU to wait", source=STATUS),
    counter("nonvoluntary_ctxt_switches", "Times its first thread was made to give way", source=STATUS),
)
IO_CELLS = (
    counter("read_bytes", "Read from storage", Unit.BYTES, needs=IO_NEEDS, source=IO),
    counter("write_bytes", "Written, or to be written, to storage", Unit.BYTES, needs=IO_NEEDS, source=IO),
    counter(
        "cancelled_write_bytes",
        "Never written after all: the file was cut or removed before",
        Unit.BYTES,
        needs=IO_NEEDS,
        source=IO,
    ),
)
FD_CELLS = (
    gauge("open_fds", "Open descriptors", Unit.ITEMS, scale=1, needs="Linux 6.2, or the right to list them", source=FD),
    gauge(
        "max_fds", "How many it may open (soft limit); none: unlimited", Unit.ITEMS, scale=1, source="/proc/PID/limits"
    ),
)
NAME_CELLS = (
    info("comm", "Name of the program, at most 15 bytes", source=STAT),
    info("workload", "What it belongs to: the key of its row in `pod`", source="/proc/PID/cgroup"),
    info("kind", "What its workload is: pod, container, unit, user, kernel", source="/proc/PID/cgroup"),
    info("namespace", "Namespace of its pod", needs=NAMES_NEED, source=INVENTORY),
    info("pod", "Name of its pod", needs=NAMES_NEED, source=INVENTORY),
    info("container_name", "Name of its container", needs=NAMES_NEED, source=INVENTORY),
    info("owner", "What made its pod in the end, KIND/NAME", needs=NAMES_NEED, source=INVENTORY),
)
"""What a process is called and belongs to: first, so that whoever reads a row knows whose it is."""
DETAIL_CELLS = (
    info("cmdline", "Command line, secrets taken out", source="/proc/PID/cmdline", private=True),
    info("container", "Id of its container", source="/proc/PID/cgroup"),
    info("cgroup", "Its control group", source="/proc/PID/cgroup"),
    info("network_namespace", "The same for processes that share one network", source=NET_DEV),
)

PROCESS = Table(
    "process",
    "Every process",
    [
        key("pid", "Process id on the node"),
        key("start", "When it started, in clock ticks since boot: a pid is used again, the pair never"),
        *NAME_CELLS,
        derived("cpu", "CPU use, of one core", "100 * (rate(utime) + rate(stime))", Unit.PERCENT),
        *STAT_CELLS,
        *STATUS_CELLS,
        *IO_CELLS,
        *FD_CELLS,
        *DETAIL_CELLS,
        derived("fds_used", "Open descriptors, of those it may open", "100 * open_fds / max_fds", Unit.PERCENT),
    ],
    charts=[
        Chart("cpu", title="CPU of the busiest processes", each=True),
        Chart("vm_rss", title="Memory of the largest processes", each=True),
        Chart("utime", "stime", title="CPU time", stacked=True),
        Chart("vm_rss", "vm_swap", title="Memory"),
        Chart("read_bytes", "write_bytes", title="Storage"),
        Chart("threads", "open_fds", title="Threads and descriptors"),
        Chart("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches", title="Context switches"),
        Chart("minor_faults", "major_faults", title="Page faults"),
    ],
)

SUMMED_COUNTERS = (
    "minor_faults",
    "major_faults",
    "utime",
    "stime",
    "voluntary_ctxt_switches",
    "nonvoluntary_ctxt_switches",
    "read_bytes",
    "write_bytes",
    "cancelled_write_bytes",
)
"""Columns of a process that are summed over all processes of a workload, those that have ended included."""
SUMMED_LEVELS = ("threads", "vm_rss", "vm_swap", "open_fds")
"""Columns of a process that are summed over the processes a workload has now."""
NET_CELLS = tuple(
    counter(f"{way}_{name}", f"{what} {way}{past}", unit, needs=NET_NEEDS, source=NET_DEV)
    for way, past in (("receive", "d"), ("transmit", "ted"))
    for name, what, unit in (
        ("bytes", "Bytes", Unit.BYTES),
        ("packets", "Packets", Unit.PACKETS),
        ("errors", "Packets with errors when", Unit.EVENTS),
        ("drops", "Packets dropped instead of being", Unit.EVENTS),
    )
)

INFO_CELLS = (
    info("kind", "pod, container, unit, user, kernel"),
    info("namespace", "Its namespace", needs=NAMES_NEED, source=INVENTORY),
    info("name", "Its name", needs=NAMES_NEED, source=INVENTORY),
    info("owner", "What made it in the end, KIND/NAME", needs=NAMES_NEED, source=INVENTORY),
    info("controller", "What keeps it, KIND/NAME; often its owner", needs=NAMES_NEED, source=INVENTORY),
    info("phase", "Pending, Running, Succeeded, Failed", needs=NAMES_NEED, source=INVENTORY),
    info("reason", "Why it is not as it should be; empty where it is", needs=NAMES_NEED, source=INVENTORY),
    info("labels", "Its labels, NAME=VALUE", needs=NAMES_NEED, source=INVENTORY),
    info("qos", "Guaranteed, Burstable, BestEffort", needs=NAMES_NEED, source=INVENTORY),
    info("ips", "Its addresses", needs=NAMES_NEED, source=INVENTORY),
    info("started", "When the node took it up, RFC 3339", needs=NAMES_NEED, source=INVENTORY),
    info("network", "own, or host: then its traffic is part of the node's", source=NET_DEV),
    info("runtime", "What runs it: containerd, cri-o, docker, podman, …"),
    info("cpu_source", "Where its CPU time is from: cgroup, the kernel's own sum, or processes, the sum over those"),
)
LIMIT_CELLS = (
    gauge("containers_ready", "Containers that are ready", Unit.ITEMS, scale=1, needs=NAMES_NEED, source=INVENTORY),
    gauge("containers_wanted", "Containers that should be", Unit.ITEMS, scale=1, needs=NAMES_NEED, source=INVENTORY),
    gauge("restarts", "Restarts of its containers", Unit.ITEMS, scale=1, needs=NAMES_NEED, source=INVENTORY),
    gauge("cpu_request", "Cores it is promised", scale=0.001, needs=NAMES_NEED, source=INVENTORY),
    gauge("cpu_limit", "Cores it may use at most", scale=0.001, needs=NAMES_NEED, source=INVENTORY),
    gauge("memory_request", "Memory it is promised", Unit.BYTES, scale=1, needs=NAMES_NEED, source=INVENTORY),
    gauge("memory_limit", "Memory it may use at most", Unit.BYTES, scale=1, needs=NAMES_NEED, source=INVENTORY),
)
SHARE_CELLS = tuple(
    derived(f"{what}_of_{bound}", f"{use}, of its {bound}", f"100 * {used} / {what}_{bound}", Unit.PERCENT)
    for what, use, used in (
        ("cpu", "CPU use", "(rate(cpu_user) + rate(cpu_system))"),
        ("memory", "Memory in use", "memory_working_set"),
    )
    for bound in ("limit", "request")
)
BOUND_CELLS = tuple(
    derived(f"cpu_{bound}_percent", f"CPU it {means}, of one core", f"100 * cpu_{bound}", Unit.PERCENT)
    for bound, means in (("request", "is promised"), ("limit", "may use at most"))
)
"""The same in the unit of `cpu`, so that one chart holds them all."""

POD = Table(
    "pod",
    "Every pod, or other workload, with sums over all its processes, those that have ended included",
    [
        key("workload", "Pod uid, container id, systemd unit, or user id"),
        *INFO_CELLS,
        *LIMIT_CELLS,
        derived("cpu", "CPU use, of one core", "100 * (rate(cpu_user) + rate(cpu_system))", Unit.PERCENT),
        gauge("containers", "Containers with processes", Unit.ITEMS, scale=1),
        gauge("processes", "Processes", Unit.ITEMS, scale=1),
        counter("cpu_user", "CPU time in user mode", Unit.SECONDS, scale=MICRO, source=f"{CPU_STAT}, {STAT}"),
        counter("cpu_system", "CPU time in the kernel", Unit.SECONDS, scale=MICRO, source=f"{CPU_STAT}, {STAT}"),
        gauge(
            "memory_working_set",
            "Memory the kernel counts against its limit and would not give up easily",
            Unit.BYTES,
            scale=1,
            needs="control groups that can be read",
            source=MEMORY_STAT,
        ),
        counter("minor_faults", "Page faults that needed no reading", source=STAT),
        counter("major_faults", "Page faults that needed a page to be read", source=STAT),
        counter("voluntary_ctxt_switches", "Times a process's first thread gave up the CPU to wait", source=STATUS),
        counter("nonvoluntary_ctxt_switches", "Times a process's first thread was made to give way", source=STATUS),
        counter("read_bytes", "Read from storage", Unit.BYTES, needs=IO_NEEDS, source=IO),
        counter("write_bytes", "Written, or to be written, to storage", Unit.BYTES, needs=IO_NEEDS, source=IO),
        counter("cancelled_write_bytes", "Never written after all", Unit.BYTES, needs=IO_NEEDS, source=IO),
        gauge("threads", "Threads", Unit.ITEMS, scale=1, source=STAT),
        gauge(
            "memory_rss",
            "Memory in RAM; pages shared by processes count for each",
            Unit.BYTES,
            scale=1024,
            source=STATUS,
        ),
        gauge("memory_swap", "Own memory that is swapped out", Unit.BYTES, scale=1024, source=STATUS),
        gauge(
            "open_fds", "Open descriptors", Unit.ITEMS, scale=1, needs="Linux 6.2, or the right to list them", source=FD
        ),
        *NET_CELLS,
        *SHARE_CELLS,
        *BOUND_CELLS,
    ],
    charts=[
        Chart("cpu", title="CPU of the busiest workloads", each=True),
        Chart("memory_rss", title="Memory of the largest workloads", each=True),
        Chart("cpu", "cpu_request_percent", "cpu_limit_percent", title="CPU, its request and limit"),
        Chart("memory_working_set", "memory_request", "memory_limit", title="Memory, its request and limit"),
        Chart("cpu_user", "cpu_system", title="CPU time", stacked=True),
        Chart("memory_rss", "memory_swap", title="Memory of its processes"),
        Chart("receive_bytes", "transmit_bytes", title="Network of pods"),
        Chart("read_bytes", "write_bytes", title="Storage"),
        Chart("processes", "threads", title="Processes and threads"),
        Chart("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches", title="Context switches"),
        Chart("minor_faults", "major_faults", title="Page faults"),
    ],
)
