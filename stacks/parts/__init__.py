"""House constructs: what every stack needs in the same safe form."""
