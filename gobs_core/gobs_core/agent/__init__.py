"""The agent: reads what is due, makes one frame of it, and gives the frame to every sink."""
