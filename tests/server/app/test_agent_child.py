"""The agent of `gobs up`: what it is told so that it reaches the server beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gobs_core import Secret
from gobs_server.agent_child import agent_environment, keep_running
from gobs_server.settings import ServerSettings

TOKEN = "GOBS_SINKS__GRPC__TOKEN"


def test_the_agent_shows_the_token_its_server_wants() -> None:
    assert agent_environment(ServerSettings(token=Secret("t")), None, {})[TOKEN] == "t"
    assert TOKEN not in agent_environment(ServerSettings(), None, {})


def test_what_the_user_said_of_the_agent_holds() -> None:
    settings = ServerSettings(token=Secret("t"))
    assert agent_environment(settings, None, {TOKEN: "own"})[TOKEN] == "own"
    assert TOKEN not in agent_environment(settings, None, {f"{TOKEN}_FILE": "/a"})


def test_the_agent_believes_the_certificate_of_its_server_and_needs_none_without() -> None:
    assert agent_environment(ServerSettings(), Path("/c"), {}) == {"GOBS_SINKS__GRPC__CA_FILE": "/c"}
    assert agent_environment(ServerSettings(), None, {}) == {"GOBS_SINKS__GRPC__INSECURE": "true"}


async def test_a_mistake_in_the_settings_is_not_tried_again() -> None:
    await asyncio.wait_for(keep_running(["sh", "-c", "exit 2"]), 20)
