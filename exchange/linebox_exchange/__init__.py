"""The exchange: the public network for training and tests (DIA-6). See ../README.md."""
