"""Hardware as Linux shows it."""
