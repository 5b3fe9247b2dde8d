"""The kit for authors of plugins: projects to start from, and the check that says what is wrong with one."""
