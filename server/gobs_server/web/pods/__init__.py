"""Pods of all nodes as one live list, in groups or as a heat map."""

from gobs_server.web.pods.pages import add_pods

__all__ = ["add_pods"]
