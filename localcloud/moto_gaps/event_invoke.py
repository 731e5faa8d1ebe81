"""Lambda: putting a configuration of asynchronous invocation replaces the one before."""

from typing import Any

from moto.awslambda.models import LambdaBackend

from localcloud.patching import replace


@replace(LambdaBackend, "put_function_event_invoke_config", "(self, function_name, config)")
def put_function_event_invoke_config(self: Any, function_name: str, config: dict[str, Any]) -> Any:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html: "overwritten"."""
    self.get_function(function_name).event_invoke_config.clear()
    return put_function_event_invoke_config.original(self, function_name, config)  # type: ignore[attr-defined]
