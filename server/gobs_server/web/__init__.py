"""The pages: server-rendered, morphed in place every two seconds, without a line of inline code."""

from gobs_server.web.access import access_routes, denied_page, unknown_page
from gobs_server.web.assets import Assets
from gobs_server.web.errors import error_page
from gobs_server.web.pages import page_routes
from gobs_server.web.rendering import Templates

__all__ = ["Assets", "Templates", "access_routes", "denied_page", "error_page", "page_routes", "unknown_page"]
