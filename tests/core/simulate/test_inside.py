"""A simulated node has its plugins in the command's own process, as there may be a thousand nodes."""

from __future__ import annotations

import argparse
from pathlib import Path

from gobs_core.simulate.command import command
from gobs_core.simulate.nodes import make_nodes


def test_no_plugin_of_a_simulated_node_has_a_worker(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    [node] = make_nodes(parser.parse_args(["--nodes", "1", "--config", "/dev/null"]), 1, tmp_path, None)
    assert not node._agent._settings.plugins.workers.foreign
