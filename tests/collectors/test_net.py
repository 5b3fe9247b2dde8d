"""/proc/net/dev, and which interfaces count."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.net import NET, NetCollector, kind_by_name, parse_net_dev
from gobs_core import Cell, Missing, ParseError
from tests.collectors.garbage import cut_everywhere, fixtures, mutated, parses_or_says_why
from tests.collectors.reading import collected, column, machine, read, started, tree
from tests.machines.render import NET_HEADER, net_dev

ETH0 = b"  eth0: 10 20 3 4 50 60 70 80 90 100 11 12 130 140 150 160\n"
LO = b"    lo: 1 2 0 0 0 0 0 0 1 2 0 0 0 0 0 0\n"


def test_bytes_packets_errors_and_drops_of_both_directions_are_told(tmp_path: Path) -> None:
    proc = tree(tmp_path, {"proc/1/net/dev": NET_HEADER + ETH0})
    assert read(NetCollector, proc)["net"] == [
        {
            "interface": "eth0", "kind": "physical",
            "receive_bytes": 10, "receive_packets": 20, "receive_errors": 3, "receive_drops": 4,
            "transmit_bytes": 90, "transmit_packets": 100, "transmit_errors": 11, "transmit_drops": 12,
        }
    ]  # fmt: skip


def test_the_hosts_namespace_is_read_not_our_own(tmp_path: Path) -> None:
    ours = NET_HEADER + b"podnet: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
    proc = tree(tmp_path, {"proc/1/net/dev": NET_HEADER + ETH0, "proc/net/dev": ours})
    assert [row["interface"] for row in read(NetCollector, proc)["net"]] == ["eth0"]


def test_our_own_namespace_is_read_where_pid_1_is_hidden(tmp_path: Path) -> None:
    proc = tree(tmp_path, {"proc/net/dev": NET_HEADER + ETH0})
    assert [row["interface"] for row in read(NetCollector, proc)["net"]] == ["eth0"]


def test_a_machine_without_the_file_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="net/dev"):
        read(NetCollector, tree(tmp_path, {}))


def kinds(name: str) -> dict[Cell, Cell]:
    return column(read(NetCollector, machine(name))["net"], "interface", "kind")


def test_veth_bridge_and_tunnel_are_virtual() -> None:
    assert kinds("containerd-v2") == {
        "lo": "loopback",
        "eth0": "physical",
        "cali0a1b2c3d4e5": "virtual",
        "cali1111111111f": "virtual",
        "vxlan.calico": "virtual",
    }


def test_a_byte_through_a_bond_or_a_virtual_function_counts_once() -> None:
    found = kinds("disks")
    assert [name for name, kind in found.items() if kind == "physical"] == ["eth0", "eth1", "eth2"]
    assert found["bond0"] == found["bond0.100"] == found["br0"] == found["enP3s1"] == "virtual"
    assert NET.total is not None
    assert NET.total.values == {"physical"}


def test_a_kind_is_told_by_name_where_sys_is_out_of_reach() -> None:
    assert kinds("bare-vm") == {"lo": "loopback", "eth0": "physical"}


def test_the_sys_of_a_pods_own_namespace_is_not_believed(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "proc/1/net/dev": NET_HEADER + ETH0 + LO + ETH0.replace(b"eth0", b"cali1"),
        "sys/class/net/eth0/type": b"1\n",
        "sys/class/net/lo/type": b"772\n",
    }
    found = column(read(NetCollector, tree(tmp_path, files))["net"], "interface", "kind")
    assert found == {"eth0": "physical", "lo": "loopback", "cali1": "virtual"}


DEVICES = "eth0 eno1 ens3 enp0s31f6 enP4p1s0 enx001122334455 wlan0 wlp2s0 wwan0 wwp0s20u4 ib0 ibp5s0 em1 p2p1"
OTHERS = """
    veth0a1b cali0a1b2c3d4e5 cni0 docker0 br-0a1b2c3d virbr0 bond0 team0 eth0.100 vlan100 eth0:1 eni0a1b2c3d4e5 tap0
    tun0 wg0 flannel.1 cilium_host lxc1234 kube-ipvs0 dummy0
"""


@pytest.mark.parametrize("name", DEVICES.split())
def test_names_the_kernel_and_systemd_give_to_devices_are_physical(name: str) -> None:
    assert kind_by_name(name) == "physical"


@pytest.mark.parametrize("name", OTHERS.split())
def test_all_other_names_are_virtual(name: str) -> None:
    assert kind_by_name(name) == "virtual"


def test_an_interface_that_comes_is_looked_up_and_one_that_goes_has_no_row(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"proc/1/net/dev": NET_HEADER + ETH0, "sys/class/net/eth0/device": "x"}
    with tree(tmp_path, files) as proc:
        collector = started(NetCollector, proc)
        assert [row[:2] for row in collected(collector, proc)[0][1]] == [("eth0", "physical")]
        tree(tmp_path, {"sys/class/net/red0/device": "x"})
        (tmp_path / "proc/1/net/dev").write_bytes(NET_HEADER + ETH0.replace(b"eth0", b"red0"))
        assert [row[:2] for row in collected(collector, proc)[0][1]] == [("red0", "physical")]


def test_an_interface_that_is_put_under_another_is_noticed_within_a_minute(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "proc/1/net/dev": NET_HEADER + ETH0,
        "sys/class/net/eth0/device": "x",
        "sys/class/net/eth1/device": "y",
    }
    with tree(tmp_path, files) as proc:
        collector = started(NetCollector, proc)
        assert collected(collector, proc)[0][1][0][1] == "physical"
        tree(tmp_path, {"sys/class/net/eth0/upper_eth1": "../eth1"})
        found = [collected(collector, proc)[0][1][0][1] for _ in range(12)]
        assert found[-1] == "virtual"


def test_hostile_names_stay_what_they_are() -> None:
    names = [row["interface"] for row in read(NetCollector, machine("hostile"))["net"]]
    assert names == ["lo", "ve\\xffth", "a<b>&\x1b[1m", "eth0:1", "::", "1", "15-bytes-long-x"]


def test_an_interface_that_comes_twice_has_one_row(tmp_path: Path) -> None:
    proc = tree(tmp_path, {"proc/1/net/dev": NET_HEADER + ETH0 + LO + ETH0})
    assert [row["interface"] for row in read(NetCollector, proc)["net"]] == ["eth0", "lo"]


def test_a_counter_beyond_what_a_cell_holds_is_not_known() -> None:
    raw = NET_HEADER + b"eth0: 18446744073709551615 2 3 4 0 0 0 0 9223372036854775807 6 7 8 0 0 0 0\n"
    assert parse_net_dev(raw) == [(b"eth0", [None, 2, 3, 4, 2**63 - 1, 6, 7, 8])]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "at least one line"),
        (LO, "two lines of headings"),
        (NET_HEADER + b"eth0 1 2 3\n", "an interface's name, ':' and 16 numbers"),
        (NET_HEADER + b"eth0: 1 2 3\n", "an interface's name, ':' and 16 numbers"),
        (NET_HEADER + LO.replace(b"    lo", b"a/b"), "an interface's name, ':' and 16 numbers"),
        (NET_HEADER + LO.replace(b"lo", b"\0"), "an interface's name, ':' and 16 numbers"),
        (NET_HEADER + LO.replace(b"2 0", b"2 x"), "16 numbers"),
    ],
)
def test_garbage_is_named_with_what_was_expected(raw: bytes, expected: str) -> None:
    with pytest.raises(ParseError, match=f"net/dev: expected {expected}, found"):
        parse_net_dev(raw)


@given(mutated(NET_HEADER + LO + ETH0, *fixtures("1/net/dev")))
def test_any_bytes_parse_or_raise_a_parse_error(raw: bytes) -> None:
    parses_or_says_why(parse_net_dev, raw, "net/dev")


@pytest.mark.parametrize("raw", fixtures("1/net/dev"))
def test_a_file_cut_off_inside_a_line_is_refused(raw: bytes) -> None:
    for part in cut_everywhere(raw):
        whole = part.endswith(b"\n") and len(part) >= len(NET_HEADER)
        assert parses_or_says_why(parse_net_dev, part, "net/dev") is whole


names = st.binary(min_size=1, max_size=15).filter(lambda name: not set(name) & set(b"/\0 \t\n\r\v\f"))
counters = st.integers(0, 2**63 - 1)


@given(st.dictionaries(names, st.tuples(*[counters] * 4), max_size=5))
def test_what_a_kernel_writes_is_read_back(interfaces: dict[bytes, tuple[int, int, int, int]]) -> None:
    raw = net_dev(*((name, *values) for name, values in interfaces.items()))
    found = {name: (values[0], values[1], values[4], values[5]) for name, values in parse_net_dev(raw)}
    assert found == interfaces
