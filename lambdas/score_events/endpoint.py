"""The endpoint, asked about many rows at once."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.log import log

VERSION_SECONDS = 60.0  # a version is asked for so often


@dataclass(frozen=True)
class Answer:
    """A prediction: ``probability``, the decision by its name, and the variant that made it."""

    probability: float
    decision: dict[str, bool]
    variant: str


@dataclass(frozen=True)
class Refused:
    """The model refuses the row, and would always."""

    reason: str


class Endpoint:
    """Asks with one request for all rows; a row that the model refuses is found by halves."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def ask(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer | Refused]:
        """An answer each, in order. Raises ClientError or BotoCoreError while there is no answer to be had."""
        if not rows:
            return []
        body = json.dumps({"instances": rows})
        try:
            told = self._client.invoke_endpoint(EndpointName=self._name, ContentType="application/json", Body=body)
        except ClientError as error:
            status = error.response.get("OriginalStatusCode", 0)
            if error.response["Error"]["Code"] != "ModelError" or not 400 <= status < 500:
                raise
            if len(rows) == 1:
                reason = error.response.get("OriginalMessage") or error.response["Error"].get("Message", "")
                return [Refused(f"the model refuses it: {' '.join(reason.split())}")]
            middle = len(rows) // 2
            return [*self.ask(rows[:middle]), *self.ask(rows[middle:])]
        variant = told["InvokedProductionVariant"]
        predictions = json.loads(told["Body"].read())["predictions"]
        if len(predictions) != len(rows):
            raise RuntimeError(f"{len(rows)} rows, {len(predictions)} predictions")
        return [_answer(item, variant) for item in predictions]


def _answer(prediction: dict[str, Any], variant: str) -> Answer:
    decision = {name: value for name, value in prediction.items() if isinstance(value, bool)}
    return Answer(float(prediction["probability"]), decision, variant)


class Version:
    """Which version serves: by the name of the endpoint's configuration, which the function Deploy gives.

    An answer says which variant made it and not which version. While a version is being replaced two are behind one
    variant, and this names the one that has been there.
    """

    def __init__(self, client: Any, endpoint: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._endpoint = endpoint
        self._clock = clock
        self._asked: float | None = None
        self._config = ""

    def now(self) -> str:
        """``mlref-flights-v3-…``; of a minute ago at most, and empty when SageMaker does not say."""
        if self._asked is None or self._clock() - self._asked > VERSION_SECONDS:
            self._asked = self._clock()
            try:
                self._config = self._client.describe_endpoint(EndpointName=self._endpoint)["EndpointConfigName"]
            except (BotoCoreError, ClientError) as error:  # a score without it is better than none
                log("WARN", "version not known", reason=str(error))
        return self._config
