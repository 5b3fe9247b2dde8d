"""Every answer about alerts is what the OpenAPI document says it is."""

from __future__ import annotations

import json

from openapi_schema_validator import OAS31Validator
from quart.typing import TestClientProtocol as Client

from tests.server.alerts.living import Living
from tests.server.api.alerting.test_alerting import LARGE, send
from tests.server.api.test_openapi import document


async def test_every_answer_is_as_described(client: Client, living: Living) -> None:
    rule = await send(client, "POST", "/rules", LARGE, 201)
    await send(client, "POST", "/silences", {"node": "n9", "until": living.clock.wall() + 60}, 201)
    await living.feed(living.machine(), {"a": 60.0, "b": 10.0})
    await living.told(1)
    [alert] = (await send(client, "GET", "/alerts"))["alerts"]
    asked = {
        "/rules": "/rules",
        "/rules/metrics": "/rules/metrics",
        "/rules/{id}": f"/rules/{rule['id']}",
        "/alerts": "/alerts",
        "/alerts/{id}": f"/alerts/{alert['id']}",
        "/silences": "/silences",
        "/channels": "/channels",
        "/deliveries": "/deliveries",
        "/deliveries/{id}": f"/deliveries/{living.sent[0].key}",
    }
    described = await document(client)
    for template, path in asked.items():
        responses = described["paths"][f"/api/v1{template}"]["get"]["responses"]
        response = await client.get(f"/api/v1{path}")
        assert response.status_code == 200, path
        content = responses["200"]["content"][response.content_type]["schema"]
        schema = {**content, "components": described["components"]}
        OAS31Validator(schema).validate(json.loads(await response.get_data()))
    own = {
        path for path, told in described["paths"].items() if "get" in told and told["get"]["x-scope"] == "read:alerts"
    }
    assert {f"/api/v1{template}" for template in asked} == own
