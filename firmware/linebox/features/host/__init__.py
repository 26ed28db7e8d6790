"""What only root may do, asked of hostd: network, certificates, clock, restarts (SET-1)."""
