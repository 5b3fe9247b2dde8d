"""The wire between Gobservability's agents and its server: gobs.proto and the code generated from it."""
