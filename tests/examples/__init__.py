"""Examples work as their own README says, in an environment of their own."""
