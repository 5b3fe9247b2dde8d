"""What an agent can see, and what it says of it."""
