"""What the official client brings along and nobody uses costs an agent no memory, and is there for who does use it."""

from __future__ import annotations

import subprocess
import sys

from tests.support.programs import searched

SCRIPT = """
import sys
from pathlib import Path
from gobs_collectors.kubernetes.connection import Api
from gobs_collectors.kubernetes.settings import KubernetesConfig
from gobs_collectors.kubernetes.trouble import Trouble

folder = Path(sys.argv[1])
(folder / "ca.crt").write_text("not read before a connection is made")
(folder / "token").write_text("x")
api = Api(KubernetesConfig(server="https://127.0.0.1:9", service_account=str(folder)), {})
try:
    api.read("/api/v1/pods", {}, patience=1, most=1)
except Trouble:
    pass
assert "kubernetes.client.api_client" in sys.modules, "it was asked"
assert not {"oauthlib", "requests", "websocket", "kubernetes.config.kube_config"} & sys.modules.keys()
assert not [name for name in sys.modules if name.startswith("kubernetes.client.models.")]

import kubernetes
from kubernetes.config import load_kube_config
from kubernetes.dynamic.client import DynamicClient
assert callable(load_kube_config) and isinstance(kubernetes.watch.Watch, type)
"""


def test_a_question_loads_no_more_than_it_takes_and_the_rest_works_when_it_is_used(tmp_path: object) -> None:
    done = searched(
        subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=False)
    )
    assert done.returncode == 0, done.stderr
