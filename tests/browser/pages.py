"""Every page there is, once: what the proofs in a browser, and the screenshots, go through."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from tests.support.server import ServerProcess

NODE = "worker-1"
"""The simulated node whose pages are looked at."""


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
    hostile: str = ""
    """Its path where `{name}` names a node, or a process's start, a workload, an interface; empty: none."""
    hostile_rows: str = ""
    """Its path over a server on which everything is called so, and it lists what is; empty: it lists nothing."""


PAGES = (
    Page("nodes", "/", ".card"),
    Page("nodes-table", "/?view=table&sort=-cpu", "#nodes-table tr", hostile_rows="/?view=table"),
    Page("nodes-heat", "/?view=heat", "#nodes-heat .tile", hostile_rows="/?view=heat"),
    Page("nodes-past", "/?at=1", "#nodes-table tr", hostile_rows="/?at=1"),
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
    Page("workload", f"/nodes/{NODE}/workloads/{{workload}}", "#members", hostile="/nodes/all/workloads/{name}"),
    Page(
        "row", f"/nodes/{NODE}/tables/net/row?key=eth0", "#row-fields dl",
        hostile="/nodes/all/tables/net/row?key={name}",
    ),
    Page("pods", "/pods?sort=problems", "#pods-table-rows tr", hostile_rows="/pods"),
    Page("pod", f"/nodes/{NODE}/workloads/{{pod}}", "#containers tbody tr"),
    Page("pods-heat", "/pods?view=heat&by=memory_of_limit", "#pods-heat .tile", hostile_rows="/pods?view=heat"),
    Page("pods-groups", "/pods?group=namespace", "#pods-table-namespace tr", hostile_rows="/pods?group=app"),
    Page("alerts", "/alerts?state=all", "#alerts > *", hostile_rows="/alerts?state=firing"),
    Page("rules", "/alerts/rules", "main tbody tr", hostile_rows="/alerts/rules"),
    Page("rule", "/alerts/rules/new", "#preview .summary"),
    Page("silences", "/alerts/silences", "#s-rule", hostile_rows="/alerts/silences"),
    Page("channels", "/alerts/channels", "main h1", hostile_rows="/alerts/channels"),
    Page("channel", "/alerts/channels/new?kind=webhook", "main form"),
    Page("profiles", "/profiles", "#profiles .empty", hostile_rows="/profiles"),
    Page("plugins", "/plugins", "#plugins tbody tr", hostile_rows="/plugins"),
    Page("login", "/login", "main form"),
    Page("account", "/account", "main h1"),
    Page("users", "/access/users", "main form"),
    Page("tokens", "/access/tokens", "main form", hostile_rows="/access/tokens"),
    Page("logins", "/access/logins", "main h1"),
    Page("audit", "/access/audit", "main h1", hostile_rows="/access/audit"),
    Page("gallery", "/gallery", "#cards .card"),
    Page("missing", "/nodes/nowhere", ".empty", status=404, hostile="/nodes/{name}%3F"),
    Page("unclear", "/?at=yesterdayish", ".empty", status=400),
)  # fmt: skip
"""A new page is a new line here, and is proved with it."""


def address(page: Page, server: ServerProcess) -> str:
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
