"""Every page there is, once: what the proofs in a browser, and the screenshots, go through."""

from __future__ import annotations

import asyncio
import random
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from gobs_core import ProfileTarget
from tests.server.profiles.made import Stack, profile
from tests.server.profiles.stored import done, store
from tests.support.server import Served

NODE = "worker-1"
"""The simulated node whose pages are looked at."""
RECORDED = "checkout"
"""The id of a recording that is there from the start."""


@dataclass(frozen=True)
class Page:
    """One page over the simulated cluster."""

    name: str
    """Of its screenshot, and of its tests."""
    path: str
    """`{process}`, `{workload}` and `{pod}` stand for the key of a process, of a workload and of a pod there is."""
    ready: str
    """A selector of what is there once the page is."""
    status: int = 200
    token: bool = False
    """Whether who looks has a token that may only read."""
    hostile: str = ""
    """Its path where `{name}` names a node, or a process's start, a workload, an interface, or `{at}` counts the names;
    empty: none."""
    hostile_rows: str = ""
    """Its path over a server on which everything is called so, and it lists what is; empty: it lists nothing."""


PAGES = (
    Page("nodes", "/", ".card"),
    Page("nodes-table", "/?view=table&sort=-cpu", "#nodes-table tr", hostile_rows="/?view=table"),
    Page("nodes-heat", "/?view=heat", "#nodes-heat .tile", hostile_rows="/?view=heat"),
    Page("nodes-past", "/?at=1&view=cards", "#nodes-cards .card", hostile_rows="/?at=1"),
    Page("nodes-changes", "/?at=1&against=4", ".timebar", hostile_rows="/?at=0&against=60&view=heat"),
    Page("node", f"/nodes/{NODE}", "#t-process tr[id]", hostile="/nodes/{name}", hostile_rows="/nodes/all"),
    Page(
        "table", f"/nodes/{NODE}/tables/process", "#t-process tr[id]", hostile="/nodes/{name}/tables/net",
        hostile_rows="/nodes/all/tables/process",
    ),
    Page(
        "groups", f"/nodes/{NODE}/tables/process?group=comm&idle=hide", "#t-process tr[id]",
        hostile_rows="/nodes/all/tables/process?group=comm",
    ),
    Page(
        "past", f"/nodes/{NODE}?at=1", "#t-process tr[id]", hostile="/nodes/{name}?at=1",
        hostile_rows="/nodes/all?at=1",
    ),
    Page(
        "changes", f"/nodes/{NODE}/tables/process?against=2", ".timebar", hostile="/nodes/{name}/tables/net?against=1",
        hostile_rows="/nodes/all/tables/process?at=0&against=5",
    ),
    Page("process", f"/nodes/{NODE}/processes/{{process}}", "#row-fields dl", hostile="/nodes/all/processes/1/{name}"),
    Page(
        "process-changes", f"/nodes/{NODE}/processes/{{process}}?at=1&against=4", "#row-fields dl",
        hostile="/nodes/all/processes/1/{name}?at=0&against=5",
    ),
    Page("workload", f"/nodes/{NODE}/workloads/{{workload}}", "#members", hostile="/nodes/all/workloads/{name}"),
    Page(
        "row", f"/nodes/{NODE}/tables/net/row?key=eth0", "#row-fields dl",
        hostile="/nodes/all/tables/net/row?key={name}",
    ),
    Page("pods", "/pods?sort=problems", "#pods-table-rows tr", hostile_rows="/pods"),
    Page("pod", f"/nodes/{NODE}/workloads/{{pod}}", "#containers tbody tr"),
    Page("pods-heat", "/pods?view=heat&by=memory_of_limit", "#pods-heat .tile", hostile_rows="/pods?view=heat"),
    Page("pods-past", "/pods?at=1", "#pods-table-rows tr", hostile_rows="/pods?at=0&against=60"),
    Page("pods-groups", "/pods?group=namespace", "#pods-table-namespace tr", hostile_rows="/pods?group=app"),
    Page("alerts", "/alerts?state=all", "#alerts > *", hostile_rows="/alerts?state=firing"),
    Page("rules", "/alerts/rules", "main tbody tr", hostile_rows="/alerts/rules"),
    Page("rule", "/alerts/rules/new", "#preview .summary"),
    Page("silences", "/alerts/silences", "#s-rule", hostile_rows="/alerts/silences"),
    Page("channels", "/alerts/channels", "main h1", hostile_rows="/alerts/channels"),
    Page("channel", "/alerts/channels/new?kind=webhook", "main form"),
    Page("profiles", "/profiles", "#profiles tr", hostile_rows="/profiles"),
    Page("flamegraph", f"/profiles/{RECORDED}", "#flame", hostile="/profiles/profile-{at}"),
    Page("plugins", "/plugins", "#plugins tbody tr", hostile_rows="/plugins"),
    Page("login", "/login", "main form"),
    Page("account", "/account", "main h1"),
    Page("users", "/access/users", "main form", hostile_rows="/access/users"),
    Page("tokens", "/access/tokens", "main form", hostile_rows="/access/tokens"),
    Page("logins", "/access/logins", "main h1"),
    Page("audit", "/access/audit", "main h1", hostile_rows="/access/audit"),
    Page("gallery", "/gallery", "#cards .card"),
    Page("denied", "/access/users", "main .empty", status=403, token=True),
    Page("missing", "/nodes/nowhere", ".empty", status=404, hostile="/nodes/{name}%3F"),
    Page("unclear", "/?at=yesterdayish", ".empty", status=400),
)  # fmt: skip
"""A new page is a new line here, and is proved with it."""


def address(page: Page, server: Served) -> str:
    """Return where the page is on a server of a simulated cluster."""
    path = page.path
    for name, table in (("{process}", "process"), ("{workload}", "pod")):
        if name in path:
            rows = server.get(f"/api/v1/nodes/{NODE}/tables/{table}")["rows"]
            path = path.replace(name, "/".join(quote(text, safe="") for text in rows[0]["keys"].values()))
    if "{pod}" in path:
        pods = server.get(f"/api/v1/nodes/{NODE}/pods?q=owner:api")["pods"]
        path = path.replace("{pod}", pods[0]["keys"]["workload"])
    return f"http://{server.http}{path}"


@cache
def headers(page: Page, server: Served) -> dict[str, str]:
    """Return what who looks at a page has to say besides."""
    if not page.token:
        return {}
    made = server.post("/api/v1/tokens", {"name": page.name, "scopes": ["read"], "lasts": 3600})
    return {"Authorization": f"Bearer {made['token']}"}


def prepare(data: Path, now: float) -> None:
    """Put into the folder of a server that is to be started what no simulated node can make: a recording.

    `now` is by the clock of that server, which keeps none that is old.
    """
    data.mkdir(parents=True, exist_ok=True)
    recorded = profile(_stacks(), kinds=dict.fromkeys(("do_syscall_64", "tcp_sendmsg", "vfs_read"), "kernel"))
    task = done(
        RECORDED, recorded, node=NODE, target=ProfileTarget(kind="workload", workload="api"), namespace="shop",
        pod="api-7d9f8", by="ann", created=now - 120, ended=now - 89,
    )  # fmt: skip
    made = threading.Thread(target=lambda: asyncio.run(store(data, (task, recorded))))
    made.start()  # whoever asks may be in a loop
    made.join()


def _stacks() -> dict[tuple[int, int, Stack], int]:
    """What a server of a shop is busy with, about."""
    dice = random.Random(7)
    below = {
        "main": ("serve", "serve", "collect_garbage"),
        "serve": ("handle_request", "handle_request", "accept"),
        "handle_request": ("checkout", "checkout", "list_products", "render"),
        "checkout": ("load_cart", "price_cart", "write_order"),
        "list_products": ("query", "decode_rows"),
        "load_cart": ("query", "json_decode"),
        "price_cart": ("apply_discounts", "round_money"),
        "write_order": ("query", "json_encode"),
        "render": ("escape", "format_money"),
        "query": ("tcp_sendmsg", "vfs_read", "do_syscall_64"),
        "accept": ("do_syscall_64",),
        "decode_rows": ("json_decode",),
    }
    made: dict[tuple[int, int, Stack], int] = {}
    for _ in range(2000):
        stack: Stack = ("main",)
        while (next_ones := below.get(stack[-1])) and (len(stack) < 3 or dice.random() < 0.9):
            stack = (*stack, dice.choice(next_ones))
        place = (41, 41 + dice.randint(0, 3), stack)
        made[place] = made.get(place, 0) + 1
    return made
