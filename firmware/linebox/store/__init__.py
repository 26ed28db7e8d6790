"""PostgreSQL: connections, migrations. SQL of a feature lies in its own ``store.py``."""
