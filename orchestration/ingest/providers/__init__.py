"""One module per provider: its feeds, their raw contracts and header dialects, as data."""
