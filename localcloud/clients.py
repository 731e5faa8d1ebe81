"""boto3 clients of one cloud: anyone's, which see every answer, and engines', which try again as services do."""

import threading
from collections.abc import Mapping
from typing import Any

from localcloud.standalone.engine_calls import Pause, client, engine_client

TITLE = "Calls of the services to each other"
REAL = (
    "throttling, faults, resets, lost and broken answers are tried again, 16 times, by the conditions and with the "
    "pauses of every AWS SDK at the cloud's speed; then the query, crawl, job or delivery fails with the reason that "
    "the other service gave",
    "a call whose answer was lost is not done twice: engines name their calls, and the cloud answers a repeated one "
    "from memory, as services do among themselves by client tokens; users' calls are done as often as they are made",
    "`mlref up --engines-via URL`, `python -m localcloud --engines-via URL`, LocalCloud(engines_via=URL): engines and "
    "the processes of jobs, functions and endpoints call the cloud at a proxy, which may show them faults (microburst)",
)
DIFFERENT = (
    "AWS says of few of its services how often they try: 15 and 20 times for S3 in Glue and Athena; it is one number "
    "here",
    "Sail's and Arrow's own S3 clients, which read and write for jobs and large objects of queries, try 10 and 8 times "
    "with pauses that do not pass at the cloud's speed; Sail gives up when the answer to a listing breaks off",
    "Kinesis to Firehose, Firehose to Lambda, metrics and events between services go through no network",
)


class Clients:
    """Made once each; threads may share them."""

    def __init__(self, pause: Pause) -> None:
        self._pause = pause
        self._made: dict[tuple[Any, ...], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, region: str, endpoint: str, signer: Mapping[str, str], attempts: int = 0) -> Any:
        """A client.

        Args:
            signer: credentials as environment variables.
            attempts: of an engine's call; 0 for a client that is nobody's engine.
        """
        key = (service, region, endpoint, signer["AWS_ACCESS_KEY_ID"], attempts)
        given = {
            "region_name": region,
            "endpoint_url": endpoint,
            "aws_access_key_id": signer["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": signer["AWS_SECRET_ACCESS_KEY"],
            "aws_session_token": signer["AWS_SESSION_TOKEN"],
        }
        with self._lock:
            if key not in self._made:
                self._made[key] = (
                    engine_client(service, attempts, self._pause, **given) if attempts else client(service, **given)
                )
            return self._made[key]

    def forget(self, but: str) -> None:
        """Sessions are over: only the clients that sign with the access key ``but`` stay."""
        with self._lock:
            self._made = {key: made for key, made in self._made.items() if key[3] == but}
