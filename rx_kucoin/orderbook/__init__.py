"""Order books: snapshots, changes, and what shows that they are right."""
