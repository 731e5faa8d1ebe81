"""The regions whose prices are known."""

REGIONS = ("us-east-1", "eu-west-1")
