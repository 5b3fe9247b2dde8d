"""The sinks that come with Gobservability: where an agent's frames go."""
