"""The notifiers of Gobservability: how people are told."""
