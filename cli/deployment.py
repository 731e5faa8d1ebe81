"""What the deployed stacks are called: the outputs of CloudFormation, read when they are asked for."""

import json
import os
from functools import cached_property
from typing import Any

from cli.cloud.local import ROOT
from cli.errors import UserError
from stacks import catalogue
from stacks import outputs as keys


class Outputs:
    """Names of deployed resources, each read from the output of the stack that made it.

    A stack is described once, when a name of it is first used, so that a command needs only the stacks it works with.
    """

    def __init__(self, cloudformation: Any, prefix: str) -> None:
        self._cloudformation = cloudformation
        self._prefix = prefix
        self._stacks: dict[str, dict[str, str]] = {}

    @cached_property
    def dataset(self) -> str:
        return self._output(keys.FOUNDATION, keys.DATASET)

    @cached_property
    def lake_bucket(self) -> str:
        return self._output(keys.FOUNDATION, keys.LAKE_BUCKET)

    @cached_property
    def database(self) -> str:
        return self._output(keys.FOUNDATION, keys.DATABASE)

    @cached_property
    def event_stream(self) -> str:
        return self._output(keys.STREAM_INGEST, keys.EVENT_STREAM)

    @cached_property
    def delivery_stream(self) -> str:
        return self._output(keys.STREAM_INGEST, keys.DELIVERY_STREAM)

    @cached_property
    def events_crawler(self) -> str:
        return self._output(keys.LAKEHOUSE, keys.EVENTS_CRAWLER)

    @cached_property
    def crawlers(self) -> list[str]:
        """Of the reference files, where the dataset has such, and of the events."""
        of_reference = self._outputs(keys.LAKEHOUSE).get(keys.REFERENCE_CRAWLER)
        return [*([of_reference] if of_reference else []), self.events_crawler]

    @cached_property
    def curate_job(self) -> str:
        return self._output(keys.LAKEHOUSE, keys.CURATE_JOB)

    @cached_property
    def work_group(self) -> str:
        return self._output(keys.LAKEHOUSE, keys.WORK_GROUP)

    @cached_property
    def training_pipeline(self) -> str:
        return self._output(keys.TRAINING, keys.TRAINING_PIPELINE)

    @cached_property
    def model_package_group(self) -> str:
        return self._output(keys.TRAINING, keys.MODEL_PACKAGE_GROUP)

    @cached_property
    def endpoint(self) -> str:
        return self._output(keys.SERVING, keys.ENDPOINT)

    @cached_property
    def monitoring_pipeline(self) -> str:
        if schedule := self._outputs(keys.MONITORING).get(keys.MONITORING_SCHEDULE):
            raise UserError(
                f"SageMaker Model Monitor does the checks (its schedule {schedule}), and cannot be asked to out of "
                "turn: wait for the next, or deploy with monitoring=processing"
            )
        return self._output(keys.MONITORING, keys.MONITORING_PIPELINE)

    @cached_property
    def features_table(self) -> str:
        return self._output(keys.REALTIME_SCORING, keys.FEATURES_TABLE)

    @cached_property
    def scores_table(self) -> str:
        return self._output(keys.REALTIME_SCORING, keys.SCORES_TABLE)

    @cached_property
    def scores_stream(self) -> str:
        return self._output(keys.REALTIME_SCORING, keys.SCORES_STREAM)

    @cached_property
    def dead_letters(self) -> str:
        return self._output(keys.REALTIME_SCORING, keys.DEAD_LETTERS)

    @cached_property
    def review_queue(self) -> str:
        return self._output(keys.REALTIME_SCORING, keys.REVIEW_QUEUE)

    @cached_property
    def review_machine(self) -> str:
        return self._output(keys.REALTIME_SCORING, keys.REVIEWS)

    def _output(self, stack: str, key: str) -> str:
        found = self._outputs(stack)
        if key not in found:
            name = keys.stack_name(self._prefix, stack)
            raise UserError(f"stack {name} has no output {key}: deploy it again, `cdk deploy {name}`")
        return found[key]

    def _outputs(self, stack: str) -> dict[str, str]:
        if stack not in self._stacks:
            self._stacks[stack] = self._describe(stack)
        return self._stacks[stack]

    def _describe(self, key: str) -> dict[str, str]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - keeps `--help` fast

        where, name = os.environ.get("AWS_ENDPOINT_URL", "AWS"), keys.stack_name(self._prefix, key)
        try:
            stack = self._cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise UserError(f"{where} does not let us see stack {name}: {error}") from error
            (context,) = (item.context for item in catalogue.CATALOGUE if key in item.stacks)
            asked = f" -c {context}" if context else ""
            raise UserError(
                f"stack {name} is not deployed at {where}: deploy with `cdk deploy --all{asked}`, or start a local "
                "cloud with `mlref up` and set the variables it prints"
            ) from error
        except BotoCoreError as error:  # no credentials, no region, nobody answers
            raise UserError(
                f"cannot ask {where} for stack {name} ({error}): set credentials and region, or start a local cloud "
                "with `mlref up` and set the variables it prints"
            ) from error
        return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", ())}


def outputs() -> Outputs:
    """The outputs of this project's stacks, in the account or local cloud that the environment points at."""
    return Outputs(_cloudformation(), _prefix())


def architectures_deployed() -> tuple[str, ...]:
    """Those of the catalogue that can be chosen by name and whose stacks are all there."""
    pages = _cloudformation().get_paginator("describe_stacks").paginate()
    there = {stack["StackName"] for page in pages for stack in page["Stacks"]}
    prefix = _prefix()
    return tuple(
        item.name
        for item in catalogue.CATALOGUE
        if item.setting is None and {keys.stack_name(prefix, stack) for stack in item.stacks} <= there
    )


def _prefix() -> str:
    from settings import from_context  # noqa: PLC0415 - keeps `--help` fast

    return from_context(json.loads((ROOT / "cdk.json").read_text("utf-8")).get("context", {})).prefix


def _cloudformation() -> Any:
    import boto3  # noqa: PLC0415 - keeps `--help` fast
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    try:
        return boto3.client("cloudformation")
    except BotoCoreError as error:
        raise UserError(
            f"no AWS client ({error}): set AWS_DEFAULT_REGION, or the variables that `mlref up` prints"
        ) from error
