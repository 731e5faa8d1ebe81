"""Commands for what lies in the lake: send it, load it, curate it, ask about it."""
