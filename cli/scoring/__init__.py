"""Commands of the architecture realtime_scoring: scores, reviews of doubtful ones, what could not be scored."""
