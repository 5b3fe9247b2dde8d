"""Every answer about recordings is what the OpenAPI document says it is."""

from __future__ import annotations

import json
from typing import Any

from openapi_schema_validator import OAS31Validator

from tests.server.api.test_openapi import document
from tests.server.profiles.made import profile
from tests.server.profiles.rig import packed
from tests.server.profiles.test_pages import Site, rig, site

__all__ = ["rig", "site"]


async def test_every_answer_is_as_described(site: Site) -> None:
    task = site.rig.begin()
    site.rig.send(task.id, packed(of=profile({(1, 1, ("main", "work")): 3})))
    await site.rig.done(task)
    described = await document(site.client)

    async def ask(template: str, path: str, status: int, method: str = "get", body: Any = None) -> Any:
        sent = {} if body is None else {"json": body}
        response = await site.client.open(f"/api/v1{path}", method=method.upper(), **sent)
        assert response.status_code == status, (path, await response.get_data())
        told = described["paths"][f"/api/v1{template}"][method]["responses"][str(status)]
        contents = told["content"]
        if "*/*" in contents:
            return None
        answer = json.loads(await response.get_data())
        schema = {**contents[response.content_type]["schema"], "components": described["components"]}
        OAS31Validator(schema).validate(answer)
        return answer

    one, none = f"/profiles/{task.id}", "/profiles/none"
    assert (await ask("/profiles", "/profiles", 200))["count"] == 1
    await ask("/profiles", "/profiles?limit=0", 422)
    await ask("/profiles/{id}", one, 200)
    await ask("/profiles/{id}", none, 404)
    await ask("/profiles/{id}/download", f"{one}/download?format=json", 200)
    await ask("/profiles/{id}/download", f"{none}/download?format=json", 404)
    begun = await ask("/profiles", "/profiles", 202, "post", {"node": "n", "duration_seconds": 30})
    await ask("/profiles", "/profiles", 422, "post", {"node": "n", "duration_seconds": -1})
    await ask("/profiles/{id}", f"/profiles/{begun['id']}", 409, "delete")
    cancelled = await ask("/profiles/{id}/cancel", f"/profiles/{begun['id']}/cancel", 200, "post")
    assert cancelled["state"] == "cancelled"
    asked = {"/api/v1/profiles", "/api/v1/profiles/{id}", "/api/v1/profiles/{id}/download"}
    own = {path for path, told in described["paths"].items() if told.get("get", {}).get("x-scope") == "read:profiles"}
    assert asked == own
