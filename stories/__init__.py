"""What `mlref demo NAME` does and shows: an architecture driven with real data."""
