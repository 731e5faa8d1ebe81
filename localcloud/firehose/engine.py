"""The delivery streams of one cloud."""

import threading
from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import LambdaClientError, UnknownFunctionException
from moto.awslambda.models import lambda_backends

from localcloud.cloud import Cloud
from localcloud.firehose.configuration import Processor
from localcloud.firehose.pipeline import SESSION, Pipeline, Settings
from localcloud.firehose.source import DirectSource, KinesisSource, Source
from localcloud.firehose.transform import FunctionGoneError, Invoked
from localcloud.iam.sessions import check, role_caller
from localcloud.lambda_.invoke_api import checked_payload


class FirehoseEngine:
    """One pipeline a delivery stream, by ARN."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._pipelines: dict[str, Pipeline] = {}
        self._direct: dict[str, DirectSource] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Pipelines start with their delivery streams."""

    def reset(self) -> None:
        """End all pipelines and wait for their threads."""
        with self._lock:
            pipelines = list(self._pipelines.values())
            self._pipelines.clear()
            self._direct.clear()
        for pipeline in pipelines:
            pipeline.stop()
        for pipeline in pipelines:
            while not pipeline.join(0.2):  # it is inside an invocation: end that
                self._functions().end_workers()

    stop = reset

    def open(self, settings: Settings, kinesis: Mapping[str, Any] | None) -> None:
        """Start a new delivery stream; from Kinesis (its source configuration), with the records put from now on."""
        direct = None if kinesis else DirectSource()
        source: Source | None = direct
        if kinesis:
            source = KinesisSource(kinesis["KinesisStreamARN"], role_caller(kinesis["RoleARN"], SESSION))
        assert source is not None  # noqa: S101 - for the type checker
        pipeline = Pipeline(self._cloud, settings, source, self._invoke)
        with self._lock:
            self._pipelines[settings.arn] = pipeline
            if direct is not None:
                self._direct[settings.arn] = direct
        pipeline.start()

    def update(self, settings: Settings) -> None:
        """Give a delivery stream another configuration."""
        with self._lock:
            self._pipelines[settings.arn].update(settings)

    def close(self, arn: str) -> None:
        """End a delivery stream; what it had not delivered is given up, as the API says."""
        with self._lock:
            pipeline = self._pipelines.pop(arn, None)
            self._direct.pop(arn, None)
        if pipeline is not None:
            pipeline.stop()

    def put(self, arn: str, data: list[str]) -> list[str]:
        """Take records (base64) into a DirectPut stream; their ids."""
        with self._lock:
            source = self._direct[arn]
        return source.put(data)

    def _functions(self) -> Any:
        return self._cloud.engines["lambda_"]

    def _invoke(self, processor: Processor, event: bytes) -> Invoked:
        """Invoke in this process what lambda:Invoke would, with the same limits."""
        function = processor.function
        check(role_caller(processor.role, SESSION), "lambda:InvokeFunction", function)
        _, _, _, region, account, *_ = function.split(":")
        try:
            found = lambda_backends[account][region].get_function(function)
        except UnknownFunctionException:
            raise FunctionGoneError from None
        try:
            result = self._functions().invoke(found, checked_payload(event, "RequestResponse"))
        except LambdaClientError as error:
            return Invoked(str(error).encode(), True)
        return Invoked(result.payload, result.error is not None)
