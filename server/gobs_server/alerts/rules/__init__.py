"""Rules: what users may say, what it means, and whether it is right; in files as well."""
