"""The original's addresses of pages and fragments: each leads to where that is now, whatever the names are."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest

from gobs_server.http import create_app
from tests.server.feeding import Cluster
from tests.server.pods import TABLES, pod, process, rows
from tests.support.hostile import HOSTILE_NAMES

ADDRESSES = [
    ("/nodes", "/"),
    ("/pods/n1", "/nodes/n1"),
    ("/pods/n1/fragment", "/nodes/n1"),
    ("/pods/n1/metrics", "/nodes/n1"),
    ("/process/n1/web-1", "/nodes/n1/workloads/u1"),
    ("/process/n1/twice", "/pods?filter=twice"),
    ("/process/n1/none%26at=1", "/pods?filter=none%26at%3D1"),
    ("/process/other/web-1", "/nodes/other"),
    ("/api/pods/n1/web-1/info", "/nodes/n1/workloads/u1"),
    ("/api/pods/n1/web-1/details-fragment", "/nodes/n1/workloads/u1"),
    ("/api/alerts/n1/fragment", "/alerts/rules?node=n1"),
]


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster()
    pods = [("u1", "web-1", "shop"), ("u2", "twice", "shop"), ("u3", "twice", "bank")]
    here = rows(
        [pod(uid, name, space) for uid, name, space in pods],
        [],
        [process(at, uid, namespace=space, pod=name) for at, (uid, name, space) in enumerate(pods, start=1)],
    )
    made.machine("n1", *TABLES).feed(here)
    return made


@pytest.mark.parametrize(("old", "new"), ADDRESSES, ids=[old for old, _ in ADDRESSES])
async def test_an_address_of_the_original_leads_to_where_it_is_now(cluster: Cluster, old: str, new: str) -> None:
    client = create_app(cluster.services()).test_client()
    response = await client.get(old)
    assert (response.status_code, response.headers["Location"]) == (303, new)
    there = await client.get(new)
    assert there.status_code == (404 if "other" in old else 200)


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
async def test_no_name_leads_out_of_here(cluster: Cluster, name: str) -> None:
    client = create_app(cluster.services()).test_client()
    for old in ("/pods/{}", "/process/{}/x", "/process/n1/{}", "/api/alerts/{}/fragment"):
        response = await client.get(old.format(quote(name, safe="")))
        location = response.headers.get("Location", "/")
        assert urlsplit(location).netloc in ("", "localhost"), location
        assert location.isprintable()
