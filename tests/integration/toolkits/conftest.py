"""A hall to host the same model in."""

from tests.integration.endpoints.conftest import hall

__all__ = ["hall"]
