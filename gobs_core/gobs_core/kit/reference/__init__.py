"""The reference of tables and settings as Markdown, from the declarations: ours, and that of any plugin."""
