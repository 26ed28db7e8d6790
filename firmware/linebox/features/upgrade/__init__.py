"""Signed updates into the slot that doesn't run, and the way back (SET-5)."""
