"""What the region is, in SQLite: rows as values, and the transactions that change them."""
