"""What is put off is loaded by its first use, and not before."""

from __future__ import annotations

import subprocess
import sys

from tests.support.programs import searched

PREAMBLE = """
import sys
from gobs_core.later import put_off
put_off()
import asyncio
loaded = lambda: "_ssl" in sys.modules
assert not loaded()
"""


def run(script: str) -> None:
    done = searched(
        subprocess.run([sys.executable, "-c", PREAMBLE + script], capture_output=True, text=True, check=False)
    )
    assert done.returncode == 0, done.stderr


def test_an_event_loop_works_without_ssl() -> None:
    run("""
async def main():
    await asyncio.to_thread(print)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    assert await child.wait() == 0

asyncio.run(main())
assert not loaded()
""")


def test_a_module_that_is_used_is_the_real_one() -> None:
    run("""
import ssl
assert not loaded()
context = ssl.create_default_context()
assert loaded()
assert type(context) is sys.modules["ssl"].SSLContext is ssl.SSLContext
from ssl import SSLError
assert SSLError is ssl.SSLError
""")


def test_a_connection_with_tls_finds_what_it_needs() -> None:
    run("""
import ssl

async def main():
    def answer(reader, writer):
        writer.write(b"this is no TLS at all")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        await asyncio.open_connection(host, port, ssl=ssl.create_default_context(), server_hostname="localhost")
    except ssl.SSLError as error:
        assert "WRONG_VERSION_NUMBER" in str(error) or "record" in str(error).lower(), error
    else:
        raise AssertionError("no handshake was tried")
    server.close()

asyncio.run(main())
assert loaded()
""")


def test_what_is_loaded_already_is_left_alone() -> None:
    run("""
import ssl
ssl.SSLContext
real = sys.modules["ssl"]
put_off()
assert sys.modules["ssl"] is real
""")


def test_an_agent_runs_without_python_s_own_ssl() -> None:
    run("""
import io
from contextlib import redirect_stdout
from gobs_core.cli import main
with redirect_stdout(io.StringIO()):
    assert main(["collect", "--once", "load"]) == 0
import gobs_core.agent.loop
assert not loaded()
assert "numpy" not in sys.modules
""")


def test_an_agent_without_plugins_of_others_loads_nothing_of_workers() -> None:
    run("""
import io
from contextlib import redirect_stdout
from gobs_core import Proc
from gobs_core.agent.loop import Agent
from gobs_core.settings import load_settings
settings, plugins = load_settings(environ={"GOBS_AGENT__SINKS": "stdout", "GOBS_PLUGINS__DENY": "kubernetes,perf"})

async def main():
    agent = Agent(settings, plugins, Proc())
    await agent.open()
    with redirect_stdout(io.StringIO()):
        assert "load" in (await agent.tick()).ran
        await agent.close()

asyncio.run(main())
assert [name for name in sys.modules if name.startswith("gobs_core.workers")] == []
assert "gobs_core.agent.far" not in sys.modules
""")


def test_messages_of_the_wire_are_those_in_c() -> None:
    run("""
from gobs_proto import gobs_pb2 as pb
message = pb.AgentMessage(frame=pb.Frame(sequence=3, tables=[pb.TableFrame(table=1, gone=[1, 2])]))
assert pb.AgentMessage.FromString(message.SerializeToString()) == message
assert "sequence: 3" in str(message)
copy = pb.AgentMessage()
copy.CopyFrom(message)
assert copy.WhichOneof("kind") == "frame"
assert "google.protobuf.text_format" not in sys.modules
from google.protobuf import json_format, text_format
assert text_format.Parse(str(message), pb.AgentMessage()) == message
assert json_format.Parse(json_format.MessageToJson(message), pb.AgentMessage()) == message
""")


def test_a_package_that_is_put_off_has_its_submodules_all_the_same() -> None:
    run("""
put_off(("xml",))
import xml
assert type(sys.modules["xml"]).__name__ == "Later"
import xml.etree.ElementTree as tree
assert tree.fromstring("<a/>").tag == "a"
assert type(sys.modules["xml"]).__name__ == "module"
""")


def test_what_is_hidden_is_not_there_within_the_block_and_is_there_after_it() -> None:
    run("""
from gobs_core.later import hidden
with hidden("xml", "sys"):
    import sys
    try:
        import xml.sax
    except ImportError:
        pass
    else:
        raise AssertionError("it was found")
import xml.sax
""")


def test_a_server_runs_without_what_it_does_not_use() -> None:
    run("""
from gobs_core.command import Command
from gobs_server.commands import server
try:
    server.run(None)
except AttributeError:
    pass
assert "tortoise" in sys.modules
assert "pydantic" not in sys.modules
""")


def test_a_module_whose_functions_others_import_is_loaded_by_the_first_call() -> None:
    run("""
from gobs_core.later import put_off_calls
put_off_calls("colorsys", "rgb_to_hls", "hls_to_rgb")
from colorsys import hls_to_rgb, rgb_to_hls
stand_in = sys.modules["colorsys"]
assert rgb_to_hls(1.0, 1.0, 1.0) == (0.0, 1.0, 0.0)
import colorsys
assert colorsys is not stand_in and colorsys.ONE_THIRD
assert hls_to_rgb(0.0, 1.0, 0.0) == (1.0, 1.0, 1.0)
assert sys.modules["colorsys"] is colorsys
""")
