"""What makes and tries out the plugins of others; the agent imports none of it."""
