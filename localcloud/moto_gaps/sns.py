"""SNS: a message for a phone is refused; moto says that it was sent."""

from typing import Any

from moto.sns.responses import SNSResponse

from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError


@replace(SNSResponse, "publish", "(self)")
def publish(self: Any) -> Any:
    if self._get_param("PhoneNumber"):
        raise NotImplementedLocallyError("sns", "Publish to a phone")
    return publish.original(self)  # type: ignore[attr-defined]
