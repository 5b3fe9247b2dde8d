"""What Gobservability costs, measured side by side with the floor and with its peers."""
