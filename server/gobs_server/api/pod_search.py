"""Which pods a query means: namespace, owner, words, and `ns:`, `owner:`, `node:` and `NAME=VALUE` among the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gobs_server.tables import View

KIND, POD = "kind", "pod"
DELETED = "Deleted"
"""The reason of a pod that has processes left, and that the cluster knows no more."""
_SEARCHED = ("namespace", "name", "owner", "controller", "phase", "reason", "labels", "qos", "ips")
Infos = Mapping[str, Sequence[str | None]]


class PodQuery:
    """What is looked for; every part of it must hold."""

    def __init__(self, *, namespace: str | None = None, owner: str | None = None, q: str = "") -> None:
        self._namespace = namespace
        self._owner = owner
        self._words = q.casefold().split()

    def places(self, node: str, view: View) -> list[int]:
        """The rows of a node's `pod` table that are pods and are meant."""
        infos = view.infos
        kinds = infos.get(KIND, ())
        return [place for place, kind in enumerate(kinds) if kind == POD and self._means(node, view, infos, place)]

    def _means(self, node: str, view: View, infos: Infos, place: int) -> bool:
        if self._namespace is not None and cell(infos, "namespace", place) != self._namespace:
            return False
        if self._owner is not None and not _owned_by(self._owner, infos, place):
            return False
        if not self._words:
            return True
        texts = [node.casefold(), view.keys[place][0].casefold(), *_texts(infos, place)]
        return all(_has(word, node, infos, place, texts) for word in self._words)


def cell(infos: Infos, name: str, place: int) -> str | None:
    """A text of a row; None where it is not known, or there is no such column."""
    column = infos.get(name)
    return None if column is None else column[place]


def _owned_by(owner: str, infos: Infos, place: int) -> bool:
    """Whether owner or controller is `KIND/NAME`, or has that name."""
    found = [cell(infos, name, place) or "" for name in ("owner", "controller")]
    return any(owner in (one, one.rpartition("/")[2]) for one in found if one)


def _texts(infos: Infos, place: int) -> Iterator[str]:
    for name in _SEARCHED:
        yield (cell(infos, name, place) or "").casefold()


def _has(word: str, node: str, infos: Infos, place: int, texts: Sequence[str]) -> bool:
    prefix, colon, rest = word.partition(":")
    if colon and prefix in ("ns", "namespace"):
        return (cell(infos, "namespace", place) or "").casefold() == rest
    if colon and prefix == "node":
        return node.casefold() == rest
    if colon and prefix == "owner":
        return rest in (cell(infos, "owner", place) or "").casefold()
    if "=" in word:
        label = word.removeprefix("label:").removeprefix("label=")
        return label in (cell(infos, "labels", place) or "").casefold().split(",")
    return any(word in text for text in texts)
