"""Where things lie and how daemons are told."""
