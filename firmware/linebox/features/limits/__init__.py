"""Toll fraud: what phones of the house may call, and how long (SEC-2)."""
