"""Builds the pages of recordings, and the fragments that keep them up to date."""

from __future__ import annotations

from quart import Response, request

from gobs_core import Unit
from gobs_server.profiles.acts import profilers
from gobs_server.profiles.targets import containers_of
from gobs_server.profiles.task import Task
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.answers import fragment, gone, html, no_node
from gobs_server.web.format import full
from gobs_server.web.paging import paged
from gobs_server.web.profiles.asked import DURATIONS, FREQUENCIES, able, target, target_of
from gobs_server.web.profiles.compared import compared
from gobs_server.web.profiles.lines import Listed, found, line, listed
from gobs_server.web.rendering import Templates

STATES = ("queued", "recording", "processing", "done", "failed", "cancelled", "expired")
FORMS = (
    ("speedscope", "for speedscope.app"),
    ("pprof", "for go tool pprof and its kin"),
    ("folded", "one stack a line, as flamegraph.pl reads them"),
    ("svg", "a picture that needs nothing else"),
    ("json", "the tree, for programs"),
    ("raw", "everything, threads and notes included"),
)
_RECENT = 5


class ProfilePages:
    """Builds them. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self._live = services.live
        self._tasks = services.profiles
        self._clock = services.clock
        self._tags = tags
        self._templates = templates

    def list(self, status: int = 200, fault: str = "") -> Response:
        """Return the page of all recordings, as its address asks for them."""
        asked = listed(request.args)
        content = self._templates.raw(self._list(asked))
        return html(
            self._templates.render("profiles/profiles.html", fault=fault, tag=self._list_tag(asked), content=content),
            status,
        )

    def list_fragment(self) -> Response:
        """Return what of it changes."""
        asked = listed(request.args)
        return fragment(self._list_tag(asked), lambda: self._list(asked))

    def one(self, task: Task) -> Response:
        """Return the page of one recording."""
        return html(
            self._templates.render(
                "profiles/profile.html",
                task=task,
                tag=self._one_tag(task),
                content=self._templates.raw(self._one(task)),
                forms=FORMS,
                groups=compared(task, self._tasks.all(), request.args.get("against", "")),
                again=target_of(task),
            )
        )

    def one_fragment(self, task: Task | None, id: str) -> Response:  # noqa: A002
        """Return how far a recording is; once it is over its page is asked to load itself anew."""
        if task is None:
            return gone(self._templates, f"No recording {id[:64]!r} is known.")
        if not task.open:
            response = html(b"")
            response.headers["HX-Refresh"] = "true"
            return response
        return fragment(self._one_tag(task), lambda: self._one(task))

    def record(self) -> Response:
        """Return the form that begins a recording of what the address names, and the last ones of it."""
        of = target(request.args)
        node = self._live.node(of.node)
        if node is None:
            return gone(self._templates, no_node(of.node))
        now = self._clock.wall()
        recent = [line(task, now) for task in self._tasks.all() if of.has(task)][:_RECENT]
        content = self._templates.render(
            "profiles/record.html",
            of=of,
            node=node,
            able=able(node, of.kind),
            profilers=profilers(node),
            containers=containers_of(node, of.workload) if of.kind == "workload" else [],
            durations=DURATIONS,
            frequencies=FREQUENCIES,
            recent=recent,
        )
        response = html(content)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _list(self, asked: Listed) -> bytes:
        all_of_them, now = self._tasks.all(), self._clock.wall()
        shown = paged(found(all_of_them, asked), asked.page)
        return self._templates.render(
            "profiles/list.html",
            asked=asked,
            states=STATES,
            lines=[line(task, now) for task in shown.items],
            shown=shown,
            total=len(all_of_them),
            loaded=self._tasks.loaded,
        )

    def _list_tag(self, asked: Listed) -> str:
        return self._tags.of(self._tasks.version, asked, self._beat(any(task.open for task in self._tasks.all())))

    def _one(self, task: Task) -> bytes:
        return self._templates.render(
            "profiles/state.html",
            line=line(task, self._clock.wall()),
            size=full(task.bytes, Unit.BYTES),
            page=target_of(task).page,
        )

    def _one_tag(self, task: Task) -> str:
        return self._tags.of(task.version, task.id, self._beat(task.open))

    def _beat(self, moving: bool) -> int:
        """What differs from second to second while time is told."""
        return int(self._clock.wall()) if moving else 0
