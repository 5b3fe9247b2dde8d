"""Which node a certificate is for, and what a server may be called."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_server.certs.names import node_of, node_uri, own_names


@given(st.text(min_size=1, max_size=253).filter(lambda text: text.isprintable()))
def test_a_node_is_read_from_the_uri_made_for_it(node: str) -> None:
    assert node_of([node_uri(node)], "") == node
    assert node_of([node_uri(node)], "somebody-else") == node


@pytest.mark.parametrize(
    ("uris", "common_name", "node"),
    [
        ([], "rack7", "rack7"),
        ([], "", ""),
        (["spiffe://prod.example.org/region/eu/node/rack7"], "x", "rack7"),
        (["https://example.org/node/rack7"], "own", "own"),
        (["spiffe://example.org/ns/gobs/sa/agent"], "own", "own"),
        (["spiffe://a/node/one", "spiffe://a/node/two"], "own", ""),
        (["spiffe://a/node/one", "spiffe://b/node/one"], "own", "one"),
        (["spiffe://a/node/"], "own", ""),
        (["spiffe://[broken/node/x"], "own", "own"),
    ],
)
def test_a_certificate_names_one_node_or_none(uris: list[str], common_name: str, node: str) -> None:
    assert node_of(uris, common_name) == node


def test_a_server_on_all_addresses_is_called_by_this_machines_names() -> None:
    assert {"localhost", "127.0.0.1", "::1", socket.gethostname()} <= set(own_names("0.0.0.0"))
    assert "0.0.0.0" not in own_names("0.0.0.0")
    assert own_names("10.0.0.5")[0] == "10.0.0.5"
