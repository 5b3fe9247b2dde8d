"""Benchmarks run and promise what they say; their figures are measured by `make bench` alone."""
