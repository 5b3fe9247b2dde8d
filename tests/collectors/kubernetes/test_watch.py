"""One list and then a watch: what is known is what the API knows, and the API is asked no more than that takes."""

from __future__ import annotations

import random
import threading
import time

import pytest

from gobs_collectors.kubernetes.pace import Pace
from tests.collectors.kubernetes.rig import QUICK, Rig
from tests.support.kube import pods
from tests.support.programs import searched

DICE = random.Random(5)
SLOWING = QUICK._replace(first_pause=0.05, longest_pause=30.0, brief=60.0)


def test_pods_of_this_node_are_listed_once_and_then_watched(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.kube.store.put(pods.pod("elsewhere", node="worker-2"))
    kube.start()
    kube.told.until(lambda: kube.told.names() == ["web-0"])
    added = kube.kube.store.put(pods.pod("web-1"))
    kube.told.until(lambda: kube.told.names() == ["web-0", "web-1"])
    kube.kube.store.put(pods.running(added, DICE))
    kube.told.until(lambda: kube.told.by_name("web-1").phase == "Running")
    kube.kube.store.delete(added["metadata"]["uid"])
    kube.told.until(lambda: kube.told.names() == ["web-0"])
    assert kube.kube.api.asked["list"] == 1
    assert kube.told.whys == []


def test_a_watch_that_ends_goes_on_from_where_it_was_without_another_list(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.start()
    kube.told.until(lambda: kube.kube.api.asked["watch"] >= 3)
    kube.kube.store.put(pods.pod("web-1"))
    kube.told.until(lambda: kube.told.names() == ["web-0", "web-1"])
    assert kube.kube.api.asked["list"] == 1
    assert kube.told.whys == []


def test_bookmarks_keep_its_place_young_where_nothing_happens_on_this_node(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.start()
    kube.told.until(lambda: kube.kube.api.asked["watch"] >= 1)
    for _ in range(4):
        kube.kube.store.put(pods.pod("elsewhere", node="worker-2"))
    kube.told.until(lambda: kube.kube.api.bookmarked == kube.kube.store.version)
    kube.kube.store.compact()  # without bookmarks it would have to list again now
    watches = kube.kube.api.asked["watch"]
    kube.told.until(lambda: kube.kube.api.asked["watch"] >= watches + 2)
    assert kube.kube.api.asked["list"] == 1


def test_what_was_deleted_while_it_could_not_look_is_gone_after_a_410(kube: Rig) -> None:
    gone = kube.kube.store.put(pods.pod("gone"))
    kube.kube.store.put(pods.pod("stays"))
    kube.start()
    kube.told.until(lambda: kube.told.names() == ["gone", "stays"])
    kube.kube.stop()
    kube.kube.store.delete(gone["metadata"]["uid"])
    kube.kube.store.put(pods.pod("new"))
    kube.kube.store.compact()
    kube.told.until(lambda: "cannot be reached" in kube.told.why)
    assert kube.told.names() == ["gone", "stays"], "what was known stays known"
    kube.kube.start()
    kube.told.until(lambda: kube.told.names() == ["new", "stays"])
    assert kube.kube.api.asked["list"] == 2
    assert kube.told.why == ""


def test_a_410_in_the_middle_of_a_watch_lists_again(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.kube.api.bookmark_every = 60
    kube.start()
    kube.told.until(lambda: kube.kube.api.watching == 1)
    kube.kube.store.advance(10)
    kube.kube.store.compact()
    kube.told.until(lambda: kube.kube.api.asked["list"] == 2)
    kube.told.until(lambda: kube.told.times >= 2)
    assert kube.told.whys == [], "too old a place is no trouble"


def test_a_server_that_always_answers_410_is_asked_less_and_less(kube: Rig) -> None:
    kube.kube.api.faults.always_gone = True
    kube.kube.store.put(pods.pod("web-0"))
    began = time.monotonic()
    kube.start(pace=SLOWING)
    kube.told.until(lambda: kube.kube.api.asked["list"] >= 5)
    assert time.monotonic() - began > SLOWING.first_pause / 2 * (1 + 2 + 4 + 8)


def test_a_server_that_ends_every_watch_at_once_is_asked_less_and_less(kube: Rig) -> None:
    kube.kube.api.faults.end_at_once = True
    kube.kube.store.put(pods.pod("web-0"))
    began = time.monotonic()
    kube.start(pace=SLOWING)
    kube.told.until(lambda: kube.kube.api.asked["watch"] >= 5)
    assert time.monotonic() - began > SLOWING.first_pause / 2 * (1 + 2 + 4 + 8)
    assert kube.kube.api.asked["list"] == 1


@pytest.mark.parametrize("count", [1, 7, 25])
def test_many_pods_come_in_pages_and_none_is_lost(kube: Rig, count: int) -> None:
    for number in range(count):
        kube.kube.store.put(pods.pod(f"web-{number:02}"))
    kube.start(pace=QUICK._replace(page=5))
    kube.told.until(lambda: len(kube.told.infos) == count)
    assert kube.kube.api.asked["page"] == 0, "the first list may be a little old, and then comes whole"
    kube.kube.api.bookmark_every = 60
    kube.kube.store.advance(5)
    kube.kube.store.compact()
    kube.told.until(lambda: kube.kube.api.asked["list"] == 2 and kube.told.times >= 2)
    assert kube.kube.api.asked["page"] == (count - 1) // 5
    assert len(kube.told.infos) == count


def test_a_list_that_grows_too_old_between_two_pages_begins_again(kube: Rig) -> None:
    for number in range(12):
        kube.kube.store.put(pods.pod(f"web-{number:02}"))
    kube.start(pace=QUICK._replace(page=3))
    kube.told.until(lambda: len(kube.told.infos) == 12)
    kube.kube.api.bookmark_every = 60
    kube.kube.api.faults.delay = 0.05
    kube.kube.store.advance(5)
    kube.kube.store.compact()
    kube.told.until(lambda: kube.kube.api.asked["page"] >= 1)
    kube.kube.store.advance(5)
    kube.kube.store.compact()
    kube.told.until(lambda: kube.kube.api.asked["list"] >= 3)
    kube.kube.api.faults.delay = 0
    kube.told.until(lambda: kube.told.times >= 2)
    assert len(kube.told.infos) == 12


def test_events_that_come_a_few_bytes_at_a_time_are_events_all_the_same(kube: Rig) -> None:
    kube.kube.api.faults.drip = 700
    kube.start()
    kube.told.until(lambda: kube.kube.api.watching == 1)
    for number in range(5):
        kube.kube.store.put(pods.pod(f"web-{number}"))
    kube.told.until(lambda: len(kube.told.infos) == 5)


def test_a_connection_that_breaks_within_an_event_loses_and_doubles_nothing(kube: Rig) -> None:
    kube.start()
    kube.told.until(lambda: kube.kube.api.watching == 1)
    kube.kube.api.faults.cut_after = 2
    for number in range(9):
        kube.kube.store.put(pods.pod(f"web-{number}"))
    kube.told.until(lambda: len(kube.told.infos) == 9)
    assert kube.kube.api.asked["list"] == 1, "it goes on from the last whole event"


def test_a_peer_that_falls_silent_is_given_up_and_asked_again(kube: Rig) -> None:
    kube.kube.store.put(pods.pod("web-0"))
    kube.start(pace=QUICK._replace(watch=0.4, patience=0.4))
    kube.told.until(lambda: kube.kube.api.watching == 1)
    kube.kube.api.faults.silent = True
    kube.told.until(lambda: "cannot be reached" in kube.told.why)
    kube.kube.api.faults.silent = False
    kube.kube.store.put(pods.pod("web-1"))
    kube.told.until(lambda: kube.told.names() == ["web-0", "web-1"])
    assert kube.told.why == ""


def test_it_ends_at_once_in_the_middle_of_a_watch_and_reports_no_more(kube: Rig) -> None:
    inventory = kube.start(pace=Pace())
    kube.told.until(lambda: kube.kube.api.watching == 1)
    inventory.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "gobs kubernetes"]
    times = kube.told.times
    kube.kube.store.put(pods.pod("late"))
    time.sleep(0.2)
    assert kube.told.times == times
    assert kube.told.whys == []


def test_it_ends_within_its_time_while_nobody_answers(kube: Rig) -> None:
    kube.kube.api.faults.silent = True
    inventory = kube.start(pace=Pace())
    kube.told.until(lambda: kube.kube.api.asked["silent"])
    began = time.monotonic()
    inventory.close()
    assert time.monotonic() - began < Pace().patience / 2, "it is left behind"


def test_without_a_cluster_nobody_is_asked_and_the_client_is_not_imported(kube: Rig) -> None:
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from gobs_collectors.kubernetes import KubernetesInventory as K\n"
        "from gobs_core import NoData\n"
        "K.environ = {}\n"
        "try: K(K.Config(), 'x').open(None)\n"
        "except NoData as reason: print(reason)\n"
        "print({'kubernetes', 'urllib3', 'ssl'} & set(sys.modules))\n"
    )
    done = searched(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True))
    first, second = done.stdout.splitlines()
    assert "KUBERNETES_SERVICE_HOST is not set" in first
    assert "inventories.kubernetes.kubeconfig" in first
    assert second == "set()"
