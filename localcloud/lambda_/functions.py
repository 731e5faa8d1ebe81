"""Function configuration that moto does not keep, check or number as Lambda does."""

import uuid
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend, LambdaFunction, LambdaStorage, LayerVersion

from localcloud.archives import ArchiveError, TooLargeError, check_zip
from localcloud.patching import add, replace
from localcloud.unsupported import NotImplementedLocallyError

# What these ask for is not done here, so asking is refused.
REFUSED = (
    "AcceleratorConfig", "CapacityProviderConfig", "CodeSigningConfigArn", "DeadLetterConfig", "DurableConfig",
    "FileSystemConfigs", "PublishTo", "RuntimeConfig", "TenancyConfig",
)  # fmt: skip
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
RESERVED = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, of a function with its layers
UNZIPPED = 262_144_000


def check(spec: dict[str, Any]) -> None:
    """Refuse what Lambda refuses, and what this cloud does not do."""
    for name in REFUSED:
        if spec.get(name) and spec[name] != {"TargetArn": ""}:  # which takes a dead-letter queue away
            raise NotImplementedLocallyError("lambda", f"CreateFunction with {name}")
    variables = (spec.get("Environment") or {}).get("Variables") or {}
    if reserved := sorted(RESERVED & variables.keys()):
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    timeout, memory = spec.get("Timeout", 3), spec.get("MemorySize", 128)
    for name, value, low, high in (("timeout", timeout, 1, 900), ("memorySize", memory, 128, 10240)):
        if not low <= int(value) <= high:
            bound = f"less than or equal to {high}" if int(value) > high else f"greater than or equal to {low}"
            raise InvalidParameterValueException(
                f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
                f"Member must have value {bound}"
            )


@replace(LambdaFunction, "__init__", "(self, account_id, spec, region, version)")
def create(self: Any, account_id: str, spec: dict[str, Any], region: str, version: Any = 1) -> None:
    """moto's function, plus the properties it drops."""
    check(spec)
    create.original(self, account_id, spec, region, version)  # type: ignore[attr-defined]
    _keep(self, spec)


def _keep(function: Any, spec: dict[str, Any]) -> None:
    function.revision_id = str(uuid.uuid4())
    if "LoggingConfig" in spec or not hasattr(function, "logging_config"):
        given = spec.get("LoggingConfig") or {}
        function.logging_config = {
            "LogFormat": given.get("LogFormat", "Text"),
            "LogGroup": given.get("LogGroup") or f"/aws/lambda/{function.function_name}",
            **{key: given[key] for key in ("ApplicationLogLevel", "SystemLogLevel") if key in given},
        }
        function.logs_group_name = function.logging_config["LogGroup"]
    if "SnapStart" in spec or not hasattr(function, "snap_start"):
        function.snap_start = (spec.get("SnapStart") or {}).get("ApplyOn", "None")


@replace(LambdaFunction, "get_configuration", "(self, on_create)")
def get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html"""
    configuration: dict[str, Any] = get_configuration.original(self, on_create)  # type: ignore[attr-defined]
    snap_start = {"ApplyOn": self.snap_start, "OptimizationStatus": "Off"}
    return {
        **configuration,
        "LoggingConfig": self.logging_config,
        "SnapStart": snap_start,
        "RevisionId": self.revision_id,
    }


@replace(LambdaFunction, "update_configuration", "(self, config_updates)")
def update_configuration(self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
    """All properties of UpdateFunctionConfiguration, also those moto forgets."""
    check(config_updates)
    updates = dict(config_updates)
    if "Environment" in updates:
        updates["Environment"] = {"Variables": (updates["Environment"] or {}).get("Variables") or {}}
    before = dict(vars(self))
    update_configuration.original(self, updates)  # type: ignore[attr-defined]
    if updates.get("Layers") and self.package_type == "Zip":
        size = check_zip(self.code_bytes, UNZIPPED) + _in_layers(self)
        if size > UNZIPPED:  # https://github.com/lambci/git-lambda-layer/issues/27
            vars(self).update(before)
            raise InvalidParameterValueException(
                f"Function code combined with layers exceeds the maximum allowed size of {UNZIPPED} bytes. "
                f"The actual size is {size} bytes."
            )
    if "EphemeralStorage" in updates:
        self.ephemeral_storage = updates["EphemeralStorage"]["Size"]
    if "TracingConfig" in updates:
        self.tracing_config = updates["TracingConfig"]
    if "KMSKeyArn" in updates:
        self.kms_key_arn = updates["KMSKeyArn"]
    _keep(self, updates)
    configuration: dict[str, Any] = self.get_configuration()
    return configuration


@replace(LambdaFunction, "_set_function_code", "(self, updated_spec)")
def set_function_code(self: Any, updated_spec: dict[str, Any]) -> None:
    """moto's, with Lambda's errors: it raises a bare ValueError for a missing key, and takes any bytes as a zip."""
    if updated_spec.get("S3ObjectVersion"):
        raise NotImplementedLocallyError("lambda", "code by S3ObjectVersion")
    before = dict(vars(self))
    try:
        set_function_code.original(self, updated_spec)  # type: ignore[attr-defined]
        _check_code(self, updated_spec)
    except ValueError as error:
        vars(self).update(before)
        raise InvalidParameterValueException(str(error.args[-1])) from None
    except InvalidParameterValueException:
        vars(self).update(before)
        raise
    if "Architectures" in updated_spec:
        self.architectures = updated_spec["Architectures"]
    self.revision_id = str(uuid.uuid4())


def _check_code(function: Any, updated_spec: dict[str, Any]) -> None:
    if "S3Key" in updated_spec and not function.code_bytes:  # moto's own check finds only a missing bucket
        raise InvalidParameterValueException(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
            "S3 Error Message: The specified key does not exist."
        )
    if function.package_type == "Zip":
        _unzipped(function.code_bytes, UNZIPPED - _in_layers(function))


def _in_layers(function: Any) -> int:
    return sum(check_zip(archive, UNZIPPED) for archive in function.layer_archives())


def _unzipped(archive: bytes, limit: int) -> int:
    """The bytes in a zip of code. Raises InvalidParameterValueException in Lambda's words.

    A function's limit is what its layers leave: https://github.com/aws/chalice/issues/2081.
    """
    try:
        return check_zip(archive, limit)
    except TooLargeError:
        raise InvalidParameterValueException(f"Unzipped size must be smaller than {limit} bytes") from None
    except ArchiveError:
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None


@replace(LayerVersion, "__init__", "(self, spec, account_id, region)")
def create_layer(self: Any, spec: dict[str, Any], account_id: str, region: str) -> None:
    """moto's, which takes any bytes as a zip."""
    create_layer.original(self, spec, account_id, region)  # type: ignore[attr-defined]
    _unzipped(self.code_bytes, UNZIPPED)


@replace(LambdaBackend, "put_function_event_invoke_config", "(self, function_name, config)")
def put_function_event_invoke_config(self: Any, function_name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Retries are done here, destinations are not."""
    destinations = (config.get("DestinationConfig") or {}).values()
    if any((destination or {}).get("Destination") for destination in destinations):
        raise NotImplementedLocallyError("lambda", "PutFunctionEventInvokeConfig with DestinationConfig")
    put = put_function_event_invoke_config.original  # type: ignore[attr-defined]
    answer: dict[str, Any] = put(self, function_name, config)
    return answer


@add(LambdaFunction, "layer_archives")
def layer_archives(self: Any) -> list[bytes]:
    """The zips of the function's layers, in the order they are to be laid over each other."""
    from moto.awslambda.models import lambda_backends  # noqa: PLC0415 - a name only for this call

    backend = lambda_backends[self.account_id][self.region]
    return [backend.layers_versions_by_arn(layer["Arn"]).code_bytes for layer in self.layers]


@replace(LambdaStorage, "publish_version", "(self, name_or_arn, description)")
def publish_version(self: Any, name_or_arn: str, description: str = "") -> Any:
    """Lambda never reuses a number; moto counts the versions there are, so a delete made the next a duplicate."""
    function = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
    published = publish_version.original(self, name_or_arn, description)  # type: ignore[attr-defined]
    last = getattr(function, "last_version", 0)
    if published is not None and int(published.version) <= last and not hasattr(published, "numbered"):
        del self._arns[published.function_arn]
        published.set_version(last + 1)
        self._arns[published.function_arn] = published
    published.numbered = True
    function.last_version = max(last, int(published.version))
    return published
