"""The agent's desk: what is told of a caller before the call is answered (AGT-3)."""
