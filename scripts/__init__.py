"""What those who work on this repository run; nothing here is installed."""
