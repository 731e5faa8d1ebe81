"""Commands that run on this machine: its cloud, and what is deployed to it."""
