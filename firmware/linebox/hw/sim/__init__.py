"""Hardware that a scenario plays: training and containers."""
