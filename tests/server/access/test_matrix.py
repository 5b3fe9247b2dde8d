"""Every route x everybody who could ask: each cell is tried, and a route that nobody has thought of here fails."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from quart import Quart, Response

from gobs_server.access.scopes import ALL
from gobs_server.actor import RANK, Role
from gobs_server.db import Address
from gobs_server.routes import declared
from tests.server.access.rig import ROLES, Rig, bearer, rig_over

LET_IN = 299
PARAMETER = re.compile(r"<(?:(\w+):)?\w+>")


class Who(NamedTuple):
    """Whom a route is for."""

    role: Role
    area: str = ""
    private: bool = False


EVERYBODY = Who("public")
LOOKING = Who("viewer")
NODES = Who("viewer", "nodes")
ADMINISTRATORS = Who("administrator", "access", private=True)
OWN = Who("viewer", "access", private=True)


def of(blueprint: str, who: Who, names: str) -> dict[str, Who]:
    """Several endpoints for the same."""
    return {f"{blueprint}.{name}": who for name in names.split()}


EXPECTED: dict[str, Who] = {
    **of("service", EVERYBODY, "healthz readyz"),
    **of("service", Who("viewer", "metrics"), "metrics"),
    **of("export", Who("viewer", "metrics"), "node_metrics"),
    **of("assets", EVERYBODY, "asset"),
    **of("access", EVERYBODY, "login log_in log_out to_provider from_provider setup set_up"),
    **of("api", LOOKING, "openapi"),
    **of("api", Who("viewer", "plugins"), "list_plugins"),
    **of("api", Who("operator", "plugins"), "retry_plugin"),
    **of("api", NODES, "list_nodes get_node list_tables get_table get_history get_chart"),
    **of("api", NODES, "list_pods list_pods_of_node get_pod"),
    **of("api", NODES._replace(private=True), "inspect_process"),
    **of("api", OWN._replace(private=False), "get_me"),
    **of("api", OWN, "list_my_tokens create_my_token revoke_my_token"),
    **of("api", ADMINISTRATORS, "list_users create_user change_user set_password remove_user list_logins end_login"),
    **of("api", ADMINISTRATORS, "list_tokens create_token revoke_token list_audit"),
    **of("api", Who("viewer", "profiles", private=True), "list_profiles get_profile download_profile"),
    **of("api", Who("operator", "profiles"), "start_profile cancel_profile pin_profile delete_profile"),
    **of("api", Who("viewer", "alerts"), "list_rules list_metrics get_rule list_alerts get_alert list_silences"),
    **of("api", Who("viewer", "alerts"), "list_channels list_deliveries"),
    **of("api", Who("viewer", "alerts", private=True), "get_delivery preview_rule preview_silence"),
    **of("api", Who("operator", "alerts"), "dismiss_alert add_silence end_silence"),
    **of("api", Who("operator", "alerts"), "check_channel retry_delivery"),
    **of(
        "api",
        Who("administrator", "alerts"),
        "add_rule change_rule delete_rule add_channel change_channel delete_channel",
    ),
    **of("original", Who("viewer", "profiles", private=True), "flamegraph_status flamegraph_download"),
    **of("original", Who("operator", "profiles"), "start_flamegraph"),
    **of("original", Who("viewer", "alerts"), "original_rules original_history"),
    **of("original", Who("operator", "alerts"), "original_dismiss"),
    **of("original", Who("administrator", "alerts"), "original_add original_change original_delete"),
    **of("web", LOOKING, "nodes nodes_fragment node node_fragment table table_fragment plugins plugins_fragment find"),
    **of("web", LOOKING, "pods pods_fragment pod workload_changes table_csv table_json"),
    **of("web", LOOKING, "nodes_csv nodes_json pods_csv pods_json"),
    **of("web", LOOKING, "original_nodes original_pods original_pods_fragment original_pods_metrics"),
    **of("web", LOOKING, "original_process original_info original_details_fragment"),
    **of("web", Who("viewer", "alerts"), "original_alerts_fragment"),
    **of("web", LOOKING, "row_page row_fragment process_page process_fragment workload_page workload_fragment"),
    **of("web", LOOKING._replace(private=True), "inspect_fragment"),
    **of("web", Who("operator", "plugins"), "plugin_retry"),
    **of(
        "web", Who("viewer", "alerts"), "alerts alerts_fragment alerts_badge alerts_strip alerts_csv alert rules rule"
    ),
    **of("web", Who("viewer", "alerts"), "rules_fragment silences silence_matched channels"),
    **of("web", Who("viewer", "alerts", private=True), "rule_preview"),
    **of("web", Who("operator", "alerts"), "alert_dismiss alert_silence silence_add silence_end channel_test"),
    **of("web", Who("operator", "alerts"), "delivery_retry"),
    **of("web", Who("administrator", "alerts"), "rule_new rule_add rule_change rule_switch rule_delete"),
    **of("web", Who("administrator", "alerts"), "channel_new channel channel_add channel_change channel_delete"),
    **of("web", Who("viewer", "profiles", private=True), "profiles profiles_fragment profile profile_fragment"),
    **of("web", Who("viewer", "profiles", private=True), "record_fragment original_flamegraph"),
    **of("web", Who("operator", "profiles"), "profile_start profile_cancel profile_pin profile_delete"),
    **of("access", LOOKING._replace(private=True), "account account_password account_token account_token_revoke"),
    **of("access", LOOKING._replace(private=True), "account_login_end"),
    **of("access", ADMINISTRATORS, "users user_create user user_change user_password user_logout user_remove"),
    **of("access", ADMINISTRATORS, "tokens token_create token_revoke logins login_end audit"),
}
"""Endpoint -> whom it is for. A new route is added here, by whoever has thought about that."""


class Asker(NamedTuple):
    """Somebody who asks."""

    name: str
    headers: dict[str, str]
    role: Role = "public"
    """Everywhere."""
    area: str = ""
    """Where alone it has `there`."""
    there: Role = "public"
    known: bool = True

    def may(self, who: Who) -> bool:
        """What is right, said once more and in another way."""
        if who.role == "public":
            return True
        if who.private and not self.known:
            return False
        here = self.there if self.area == who.area and who.area else "public"
        return max(RANK[self.role], RANK[here]) >= RANK[who.role]


def test_every_route_is_thought_of_here(app: Quart) -> None:
    assert set(declared(app)) == set(EXPECTED)


def test_every_route_is_declared_as_it_is_thought_of(app: Quart) -> None:
    writing = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" not in (rule.methods or ())}
    for name, found in declared(app).items():
        expected = EXPECTED[name]
        assert (found.role, found.area) == (expected.role, expected.area), name
        assert found.private == (expected.private or name in writing) or found.role == "administrator", name


@pytest.fixture
async def app(rig: Rig) -> Quart:
    """The server's own app, whose handlers are not reached: what is let in is told by its status alone."""
    rig.app.before_request(_stop_here)
    return rig.app


async def askers(rig: Rig) -> list[Asker]:
    """Nobody, every role, and a token of every scope."""
    found = [Asker("nobody", {}, known=False), Asker("a wrong cookie", {"Cookie": "gobs=x"}, known=False)]
    for role in ROLES:
        shown = await rig.access.logins.begin(await rig.user(role, role), "password", "", "")
        found.append(Asker(role, {"Cookie": f"gobs={shown}"}, role))
    for scope, grant in ALL.items():
        headers = bearer(await rig.token(scope))
        if grant.area:
            found.append(Asker(f"token {scope}", headers, "public", grant.area, grant.role))
        else:
            found.append(Asker(f"token {scope}", headers, grant.role))
    return found


async def tried(app: Quart, asker: Asker) -> list[str]:
    """What is not as it should be."""
    client, wrong = app.test_client(use_cookies=False), []
    for rule in app.url_map.iter_rules():
        path = PARAMETER.sub(lambda found: "1" if found[1] == "int" else "x", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            response = await getattr(client, method.lower())(path, headers=asker.headers)
            expected = asker.may(EXPECTED[rule.endpoint])
            if (response.status_code == LET_IN) != expected:
                wrong.append(f"{asker.name}: {method} {path}: {response.status_code}, should be let in: {expected}")
            elif not expected and response.status_code not in {303, 401, 403}:
                wrong.append(f"{asker.name}: {method} {path}: {response.status_code}")
    return wrong


async def test_every_cell(rig: Rig, app: Quart) -> None:
    everybody = await askers(rig)
    assert len(everybody) == 2 + 3 + len(ALL)
    cells = 0
    for asker in everybody:
        assert await tried(app, asker) == []
        cells += sum(len((rule.methods or set()) - {"OPTIONS"}) for rule in app.url_map.iter_rules())
    assert cells > 1000


async def test_every_cell_where_anybody_may_look(database: Address) -> None:
    async with rig_over(database, access={"anonymous": True}) as rig:
        rig.app.before_request(_stop_here)
        for asker in (
            Asker("nobody", {}, "viewer", known=False),
            Asker("a wrong cookie", {"Cookie": "gobs=x"}, "viewer", known=False),
        ):
            assert await tried(rig.app, asker) == []


async def _stop_here() -> Response:
    return Response(b"", LET_IN)


@pytest.mark.parametrize("shown", ["Bearer gobs_x", "Bearer ", "Basic YTpi", "Bearer a b", "gobs_x", "Bearer \u00ff"])
async def test_a_token_that_is_none_lets_in_nowhere_even_beside_a_good_cookie(rig: Rig, app: Quart, shown: str) -> None:
    shown_too = await rig.access.logins.begin(await rig.user("root", "administrator"), "password", "", "")
    headers = {"Cookie": f"gobs={shown_too}", "Authorization": shown}
    assert await tried(app, Asker(shown, headers, known=False)) == []
