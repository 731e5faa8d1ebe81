"""``mlref new-dataset``: a sample becomes a dataset's folder. Read the sample, guess, ask, write."""
