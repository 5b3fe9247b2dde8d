"""The pages of pods."""
