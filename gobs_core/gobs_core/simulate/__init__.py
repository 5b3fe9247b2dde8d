"""Simulated machines: a model with a life, written as a fake /proc, read by the real agent."""
