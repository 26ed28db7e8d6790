"""The owner's home page: is all well, what happened today, what can this box do (SET-9)."""
