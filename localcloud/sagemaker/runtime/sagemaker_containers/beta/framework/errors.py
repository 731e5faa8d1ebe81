"""What the encoders raise."""


class ClientError(Exception):
    """The user's data or script is wrong."""


class UnsupportedFormatError(Exception):
    """There is no encoder for a content type."""

    def __init__(self, content_type: str) -> None:
        super().__init__(f"Content type {content_type} is not supported by this framework.")
