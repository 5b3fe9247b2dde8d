"""Judging: which rows of which frames breach which rules, and for how long; from memory, awaiting nothing."""
