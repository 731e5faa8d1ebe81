"""A local cloud: moto's API with real engines behind it.

>>> from localcloud import LocalCloud
>>> with LocalCloud() as cloud:
...     cloud.client("s3").create_bucket(Bucket="lake")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.server import LocalCloud

__all__ = ["LocalCloud"]


def __getattr__(name: str) -> Any:
    """Import it when it is used: `localcloud.processes` is needed where nothing else may be loaded yet."""
    if name != "LocalCloud":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from localcloud.server import LocalCloud  # noqa: PLC0415

    return LocalCloud
