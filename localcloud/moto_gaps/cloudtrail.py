"""CloudTrail: no events.

After a failed deployment the CDK CLI looks for causes in CloudTrail; moto has no LookupEvents, and the CLI would
retry for half a minute. Nothing is recorded here, which is a valid answer: events appear up to 15 minutes after the
call (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html).
"""

from typing import Any

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult

from localcloud.patching import add


@add(CloudTrailResponse, "lookup_events")
def lookup_events(_: Any) -> Any:
    return ActionResult({"Events": []})
