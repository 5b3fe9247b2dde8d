"""Workers: processes that hold one plugin each which did not come with Gobservability, so that it hurts itself alone.

Nothing here is imported by a program that has no such plugin.
"""
