"""`gobs certs`: an authority of one's own, and certificates for the server and its agents."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from gobs_core.command import Command
from gobs_core.errors import UserError

if TYPE_CHECKING:  # cryptography is loaded when the command runs
    from gobs_server.certs.folder import CertificateFolder

FLAGS = {"--data": "server.data"}
_ACTIONS = ("init", "server", "agent", "show")


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("action", choices=_ACTIONS, metavar="ACTION", help="init: make the authority; server, agent: "
                        "make a certificate, anew where there is one; show: say what there is")  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help="names and addresses of the server, or of the node")
    parser.add_argument("--days", type=float, metavar="N", help="how long it is good (default: 3650 for the authority, "
                        "365 for the others)")  # fmt: skip
    parser.add_argument(
        "--renew", action="store_true", help="init: let the authority last longer; nothing else changes"
    )
    parser.add_argument(
        "--replace", action="store_true", help="init: make another authority; the old one stays trusted"
    )
    parser.add_argument("--folder", metavar="DIR", help="where they are kept (default: `certs` in the data folder)")
    parser.add_argument("--data", metavar="DIR", help="the server's data folder (default: the XDG state folder)")
    add_common(parser)


def run(args: Namespace) -> int:
    """Do what the action says."""
    from gobs_core.cli.common import set_up
    from gobs_server.certs.folder import CertificateFolder
    from gobs_server.settings import ServerSettings

    if args.days is not None and not 0 < args.days <= 36500:
        raise UserError(f"--days: expected a number of days up to 36500, got {args.days:g}")
    settings = set_up(args, FLAGS, sections={"server": ServerSettings}, quiet=True).settings.section(ServerSettings)
    folder = CertificateFolder(Path(args.folder) if args.folder else settings.folder() / "certs")
    lines = {"init": _init, "server": _server, "agent": _agent, "show": _show}[args.action](folder, args)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _init(folder: CertificateFolder, args: Namespace) -> list[str]:
    from gobs_server.certs.issue import AUTHORITY_DAYS

    if args.names:
        raise UserError(f"gobs certs init: takes no name, got {args.names[0]!r}; `gobs certs server NAME` does")
    if args.renew and args.replace:
        raise UserError("--renew keeps the authority and --replace makes another; only one of them can be")
    (folder.renew if args.renew else folder.replace if args.replace else folder.init)(args.days or AUTHORITY_DAYS)
    return [
        f"{folder.ca}: what agents must have to believe the server (sinks.grpc.ca_file)",
        f"{folder.ca_key}: the authority's key, which belongs on no other machine",
    ]


def _server(folder: CertificateFolder, args: Namespace) -> list[str]:
    from gobs_server.certs.issue import SERVER_DAYS
    from gobs_server.certs.names import own_names

    names = list(dict.fromkeys(args.names or own_names("0.0.0.0")))
    folder.issue_server(names, args.days or SERVER_DAYS)
    return [f"{folder.server}: good for {', '.join(names)} (server.cert_file)", f"{folder.server_key}: server.key_file"]


def _agent(folder: CertificateFolder, args: Namespace) -> list[str]:
    from gobs_proto.limits import MAX_NODE
    from gobs_server.certs.issue import AGENT_DAYS

    if len(args.names) != 1:
        raise UserError("gobs certs agent: expected the name of one node")
    (node,) = args.names
    if not node or len(node.encode()) > MAX_NODE or not node.isprintable():
        raise UserError(f"gobs certs agent: a node's name is 1 to {MAX_NODE} bytes that can be printed, not {node!r}")
    folder.issue_agent(node, args.days or AGENT_DAYS)
    certificate, key = folder.agent(node)
    return [
        f"{certificate}: good for the node {node} alone (sinks.grpc.cert_file)",
        f"{key}: sinks.grpc.key_file",
        f"{folder.ca}: sinks.grpc.ca_file there, server.client_ca_file at the server",
    ]


def _show(folder: CertificateFolder, args: Namespace) -> list[str]:
    from gobs_core.cli.grid import grid
    from gobs_server.certs.read import certificates, facts

    rows = []
    files = [folder.ca, folder.server, *sorted((folder.folder / "agents").glob("*.crt"))]
    for path in files:
        if not path.exists():
            continue
        found = certificates(path.read_bytes(), str(path))
        for one in found if path == folder.ca else found[:1]:
            told = facts(one)
            ends = told.ends.date().isoformat()
            rows.append((str(path.relative_to(folder.folder)), ends, told.fingerprint, ", ".join(told.names)))
    if not rows:
        raise UserError(f"{folder.folder}: there are no certificates yet; `gobs certs init` makes the authority")
    return [f"in {folder.folder}:", *grid(("FILE", "ENDS", "FINGERPRINT", "FOR"), rows, keys=4)]


command = Command(
    "certs",
    "Make an authority of one's own, and certificates for the server and its agents.",
    configure,
    run,
    (
        "gobs certs init                                   # once; keep ca.key to yourself",
        "gobs certs server gobs.example.org 10.0.0.5       # a running server takes it up by itself",
        "gobs certs agent rack7                            # for mutual TLS: an agent that is rack7 and no other",
        "gobs certs show",
    ),
)
