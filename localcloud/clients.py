"""boto3 clients of one cloud: anyone's, which see every answer, and engines', which try again as services do."""

import threading
from collections.abc import Mapping
from typing import Any

from localcloud.standalone.engine_calls import Pause, client, engine_client


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
