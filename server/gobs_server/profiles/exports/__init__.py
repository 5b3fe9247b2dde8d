"""A profile in the formats that other tools read: each a pure function of the profile."""

from gobs_server.profiles.exports.folded import folded
from gobs_server.profiles.exports.pprof import pprof
from gobs_server.profiles.exports.speedscope import speedscope
from gobs_server.profiles.exports.svg import svg
from gobs_server.profiles.exports.tree import TreeNode, tree

__all__ = ["TreeNode", "folded", "pprof", "speedscope", "svg", "tree"]
