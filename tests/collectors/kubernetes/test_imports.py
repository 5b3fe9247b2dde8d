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
assert not {"pydantic", "pydantic_core", "dateutil", "multiprocessing.pool"} & sys.modules.keys()
assert not [name for name in sys.modules if name.startswith("kubernetes.client.models.")]

import kubernetes
from kubernetes.config import load_kube_config
from kubernetes.dynamic.client import DynamicClient
assert callable(load_kube_config) and isinstance(kubernetes.watch.Watch, type)

import json
from kubernetes.client import ApiClient, CoreV1Api, V1Pod
client = ApiClient()
told = {"metadata": {"name": "web-1", "creationTimestamp": "2026-01-02T03:04:05Z"}, "spec": {"containers": []}}
pod = client.deserialize(json.dumps(told), "V1Pod", "application/json")
assert isinstance(pod, V1Pod) and pod.metadata.creation_timestamp.year == 2026
assert client.sanitize_for_serialization(pod)["metadata"]["name"] == "web-1"
assert client.deserialize('"2026-01-02T03:04:05Z"', "datetime", "application/json").day == 2
assert callable(CoreV1Api(client).list_namespaced_pod)
assert client.pool.apply(len, ((1, 2),)) == 2
client.close()
import pydantic
assert pydantic.BaseModel.__module__ == "pydantic.main"
"""
OTHER = """
import sys
from gobs_collectors.kubernetes.plumbing import plumbing
client, configuration = plumbing({"pydantic": {"SecretStr": str}})
assert "pydantic_core" in sys.modules, "the stand-in has too little"
client(configuration()).close()
assert plumbing() == (client, configuration)
import kubernetes.client.api_response as answers
assert issubclass(answers.ApiResponse, sys.modules["pydantic"].BaseModel)
"""


def test_a_question_loads_no_more_than_it_takes_and_the_rest_works_when_it_is_used(tmp_path: object) -> None:
    done = searched(
        subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=False)
    )
    assert done.returncode == 0, done.stderr


def test_a_client_that_wants_more_than_its_stand_ins_have_is_loaded_with_the_real_ones() -> None:
    done = searched(subprocess.run([sys.executable, "-c", OTHER], capture_output=True, text=True, check=False))
    assert done.returncode == 0, done.stderr
