"""What the project costs, as ratios against named peers, each pair measured in one run on one machine."""
