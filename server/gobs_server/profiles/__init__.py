"""Profiles: recordings asked for, followed to their end, kept, and given out in the formats of other tools."""
