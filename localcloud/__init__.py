"""A local cloud: moto's API with real engines behind it.

>>> from localcloud import LocalCloud
>>> with LocalCloud() as cloud:
...     cloud.client("s3").create_bucket(Bucket="lake")
"""

from localcloud.server import LocalCloud

__all__ = ["LocalCloud"]
