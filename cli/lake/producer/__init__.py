"""A producer of flight events: what happened, in the order it happened, into the Kinesis stream."""
