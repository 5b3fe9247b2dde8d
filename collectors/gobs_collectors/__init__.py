"""The collectors that come with Gobservability, one module for each source they read."""
