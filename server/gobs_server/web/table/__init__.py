"""Any table of any plugin as a live list, made from its declaration alone."""

from gobs_server.web.table.lists import MOST, TableLists
from gobs_server.web.table.made import Shown
from gobs_server.web.table.pages import USUAL, TablePages, add_tables
from gobs_server.web.table.past import PastTables

__all__ = ["MOST", "USUAL", "PastTables", "Shown", "TableLists", "TablePages", "add_tables"]
