"""The ground floor: errors, events, clock, log, ipc, retry. Imports nothing of ours."""
