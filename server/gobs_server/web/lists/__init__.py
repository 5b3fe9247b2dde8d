"""Lists that pages show live, whatever is in them: filtered, ordered, a part in view, and of that only what changed."""

from gobs_server.web.lists.answer import Frame, answer, next_part, unkept
from gobs_server.web.lists.asked import Asked, asked
from gobs_server.web.lists.compared import CHANGE, Compared
from gobs_server.web.lists.download import Form, download
from gobs_server.web.lists.filtering import matching
from gobs_server.web.lists.headings import Heading, headings
from gobs_server.web.lists.items import Item, Items
from gobs_server.web.lists.ordering import ordered, usable
from gobs_server.web.lists.sheet import Field, Numbers, Rows, Sheet, Texts
from gobs_server.web.lists.window import Poll, Tag, Window, poll, tag_of

__all__ = [
    "CHANGE",
    "Asked",
    "Compared",
    "Field",
    "Form",
    "Frame",
    "Heading",
    "Item",
    "Items",
    "Numbers",
    "Poll",
    "Rows",
    "Sheet",
    "Tag",
    "Texts",
    "Window",
    "answer",
    "asked",
    "download",
    "headings",
    "matching",
    "next_part",
    "ordered",
    "poll",
    "tag_of",
    "unkept",
    "usable",
]
