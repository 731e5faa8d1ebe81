"""Commands for models: train, register, approve, ask, watch."""
