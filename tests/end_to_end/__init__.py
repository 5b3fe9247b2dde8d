"""Tests over real sockets: agent, wire, server and what it shows."""
