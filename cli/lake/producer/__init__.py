"""A producer of events: what happened, in the order it happened, into the Kinesis stream."""
