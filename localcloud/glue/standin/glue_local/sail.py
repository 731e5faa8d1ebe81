"""The Sail engine: Spark Connect served inside this process, s3:// by its own client."""

import os
import re
import sys
import types
from typing import Any

_DYNAMIC = "partitionoverwritemode"
_FOREVER_SECONDS = 10 * 365 * 24 * 3600


class UnsafeOnSailError(NotImplementedError):
    """Sail ignores dynamic partition overwrite and deletes the other partitions instead."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}: Sail ignores dynamic partition overwrite and would delete the other partitions. "
            "Purge the partition and append, or run the job with GLUE_ENGINE=spark"
        )


def start() -> Any:
    """Serve Sail and return the session connected to it."""
    os.environ.setdefault("RUST_LOG", "error")
    os.environ["AWS_ENDPOINT"] = os.environ["AWS_ENDPOINT_URL"]
    os.environ["AWS_ALLOW_HTTP"] = "true"
    os.environ["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"] = "false"
    os.environ["SAIL_PARQUET__COMPRESSION"] = "snappy"  # Spark's default; Sail's own is zstd
    # Sail forgets a session that was idle for 15 minutes; ours lasts as long as its process, waiting or not
    os.environ["SAIL_SPARK__SESSION_TIMEOUT_SECS"] = str(_FOREVER_SECONDS)
    from pysail.spark import SparkConnectServer  # noqa: PLC0415 - the environment above is read when it loads

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    remote = f"sc://127.0.0.1:{server.listening_address[1]}"
    os.environ["SPARK_REMOTE"] = remote
    from pyspark.sql import SparkSession  # noqa: PLC0415 - the same

    session = SparkSession.builder.remote(remote).getOrCreate()
    session.conf.set("spark.sql.session.timeZone", "UTC")  # Glue's
    session.sql("SELECT 1").collect()
    session._sail_server = server  # it stops when it is collected
    _refuse_dynamic_overwrite()
    _give_spark_context()
    return session


def _refuse_dynamic_overwrite() -> None:
    from pyspark.sql.connect import conf, readwriter, session  # noqa: PLC0415 - needs the server's environment

    def guard(owner: Any, name: str, unsafe: Any) -> None:
        original = getattr(owner, name)

        def guarded(self: Any, *arguments: Any, **names: Any) -> Any:
            what = unsafe(arguments, names)
            if what:
                raise UnsafeOnSailError(what)
            return original(self, *arguments, **names)

        setattr(owner, name, guarded)

    def pair(arguments: Any, names: Any) -> str:
        key, value = (*arguments, *names.values(), "", "")[:2]
        return _pair_is_unsafe(key, value)

    def named(_: Any, names: Any) -> str:
        return next((text for item in names.items() if (text := _pair_is_unsafe(*item))), "")

    def statement(arguments: Any, names: Any) -> str:
        text = str((*arguments, *names.values(), "")[0])
        found = re.search(rf"^\s*set\s+\S*{_DYNAMIC}\s*=\s*dynamic", text, re.IGNORECASE)
        return text.strip() if found else ""

    for writer in (readwriter.DataFrameWriter, readwriter.DataFrameWriterV2):
        guard(writer, "option", pair)
        guard(writer, "options", named)
    guard(readwriter.DataFrameWriterV2, "overwritePartitions", lambda *_: "overwritePartitions()")
    guard(conf.RuntimeConf, "set", pair)
    guard(session.SparkSession, "sql", statement)


def _pair_is_unsafe(key: object, value: object) -> str:
    unsafe = str(key).lower().endswith(_DYNAMIC) and str(value).lower() == "dynamic"
    return f"{key}={value}" if unsafe else ""


class SparkContext:
    """Glue scripts only hand it to GlueContext; Spark Connect, which Sail speaks, has no such thing."""

    @classmethod
    def getOrCreate(cls, conf: Any = None) -> "SparkContext":  # noqa: N802 - Spark's name
        return cls(conf=conf)

    def __init__(self, *arguments: Any, conf: Any = None, **names: Any) -> None:
        for key, value in conf.getAll() if conf is not None else ():
            if _pair_is_unsafe(key, value):
                raise UnsafeOnSailError(f"{key}={value}")

    def setLogLevel(self, level: str) -> None:  # noqa: N802 - Spark's name
        """Sail's own log has one level."""

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(
            f"SparkContext.{name} does not exist in Spark Connect; use the session, or GLUE_ENGINE=spark"
        )


def _give_spark_context() -> None:
    import pyspark  # noqa: PLC0415 - needs the server's environment

    module = types.ModuleType("pyspark.context")
    module.SparkContext = SparkContext  # type: ignore[attr-defined]
    sys.modules["pyspark.context"] = module
    pyspark.SparkContext = SparkContext
