"""Any table of any plugin as a live list, made from its declaration alone."""

from gobs_server.web.table.lists import MOST, Shown, TableLists
from gobs_server.web.table.pages import USUAL, add_tables

__all__ = ["MOST", "USUAL", "Shown", "TableLists", "add_tables"]
