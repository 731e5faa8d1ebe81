"""lambda:Invoke runs the uploaded code, within Lambda's limits."""

import base64
import json
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.inbox import until

Deploy = Callable[..., str]
Call = Callable[..., tuple[Any, str | None]]


def test_the_handler_gets_the_event_and_a_context(deploy: Deploy, call: Call) -> None:
    name = deploy(
        "def handler(event, context):\n"
        "    return {'event': event, 'name': context.function_name, 'arn': context.invoked_function_arn,\n"
        "            'memory': context.memory_limit_in_mb, 'version': context.function_version,\n"
        "            'group': context.log_group_name, 'id': context.aws_request_id,\n"
        "            'left': context.get_remaining_time_in_millis()}\n",
        MemorySize=256,
    )
    answer, error = call(name, {"ä": [1, None, "€"]})
    assert error is None
    assert answer["event"] == {"ä": [1, None, "€"]}
    assert (answer["name"], answer["memory"], answer["version"]) == ("probe", "256", "$LATEST")
    assert answer["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:probe"
    assert answer["group"] == "/aws/lambda/probe"
    assert len(answer["id"]) == 36
    assert 5_000 < answer["left"] <= 10_000


def test_the_environment_is_the_functions_own(
    deploy: Deploy, call: Call, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEVELOPERS_SECRET", "x")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    name = deploy(
        "import os\ndef handler(event, context):\n    return dict(os.environ)\n",
        Environment={"Variables": {"TABLE": "flights"}},
        MemorySize=512,
    )
    answer, _ = call(name)
    assert answer["TABLE"] == "flights"
    assert answer["AWS_ENDPOINT_URL"] == cloud.endpoint
    assert answer["AWS_LAMBDA_FUNCTION_NAME"] == "probe"
    assert answer["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert answer["_HANDLER"] == "index.handler"
    assert answer["AWS_REGION"] == "us-east-1"
    assert "DEVELOPERS_SECRET" not in answer
    assert "PYTHONPATH" not in answer
    assert set(answer) & set(os.environ) <= {
        "PATH", "LANG", "LC_CTYPE", "TZ", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_DEFAULT_REGION", "AWS_EC2_METADATA_DISABLED", "AWS_DISABLE_HOST_PREFIX_INJECTION",
    }  # fmt: skip


def test_the_sdk_is_there_and_talks_to_this_cloud(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    cloud.client("s3").create_bucket(Bucket="seen-by-lambda")
    code = (
        "import boto3\ns3 = boto3.client('s3')\n"
        "def handler(event, context):\n    return [b['Name'] for b in s3.list_buckets()['Buckets']]\n"
    )
    assert call(deploy(code)) == (["seen-by-lambda"], None)


@pytest.mark.parametrize("module", ["pandas", "pyarrow", "localcloud", "contracts", "moto"])
def test_what_lambda_does_not_bring_cannot_be_imported(deploy: Deploy, call: Call, module: str) -> None:
    answer, error = call(deploy(f"import {module}\ndef handler(event, context):\n    return 1\n"))
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert answer["errorMessage"] == f"Unable to import module 'index': No module named '{module}'"


def test_the_process_stays_warm_and_is_used_again(deploy: Deploy, call: Call) -> None:
    name = deploy("n = 0\nimport os\ndef handler(e, c):\n    global n\n    n += 1\n    return [n, os.getpid()]\n")
    first, second = call(name)[0], call(name)[0]
    assert (first[0], second[0]) == (1, 2)
    assert first[1] == second[1]


def test_an_exception_is_an_unhandled_error_with_its_stack(deploy: Deploy, call: Call) -> None:
    name = deploy("def inner():\n    raise KeyError('tail')\ndef handler(event, context):\n    inner()\n")
    answer, error = call(name)
    assert error == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("KeyError", "'tail'")
    assert len(answer["stackTrace"]) == 2
    assert "in inner" in answer["stackTrace"][1]
    assert "python_worker" not in "".join(answer["stackTrace"])


@pytest.mark.parametrize(
    ("code", "handler", "error"),
    [
        ("x = 1", "index.handler", ("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'")),
        ("def f(:", "index.handler", ("Runtime.UserCodeSyntaxError", "Syntax error in module 'index'")),
        ("x = 1", "other.handler", ("Runtime.ImportModuleError", "Unable to import module 'other'")),
        ("x = 1", "index", ("Runtime.MalformedHandlerName", "Bad handler 'index'")),
        ("raise RuntimeError('at import')", "index.handler", ("RuntimeError", "at import")),
        ("def handler(e, c):\n    return {1, 2}", "index.handler", ("Runtime.MarshalError", "Unable to marshal")),
        ("import os\ndef handler(e, c):\n    os._exit(3)", "index.handler", ("Runtime.ExitError", "exit status 3")),
        ("import sys\ndef handler(e, c):\n    sys.exit(4)", "index.handler", ("Runtime.ExitError", "exit status 4")),
    ],
)
def test_errors_of_the_runtime_have_lambdas_types(
    deploy: Deploy, call: Call, code: str, handler: str, error: tuple[str, str]
) -> None:
    answer, unhandled = call(deploy(code, Handler=handler))
    assert unhandled == "Unhandled"
    assert answer["errorType"] == error[0]
    assert error[1] in answer["errorMessage"]


def test_a_dead_worker_is_replaced(deploy: Deploy, call: Call) -> None:
    name = deploy(
        "import os\ndef handler(event, context):\n    return os._exit(1) if event.get('die') else os.getpid()\n"
    )
    before = call(name)[0]
    assert call(name, {"die": True})[1] == "Unhandled"
    after, error = call(name)
    assert error is None
    assert after != before


def test_a_timeout_kills_the_function_and_all_it_started(deploy: Deploy, call: Call, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    name = deploy(
        "import os, subprocess, time\n"
        "def handler(event, context):\n"
        "    if not event: return 'alive'\n"
        "    child = subprocess.Popen(['sleep', '60'])\n"
        "    open(event, 'w').write(f'{os.getpid()} {child.pid}')\n"
        "    time.sleep(60)\n",
        Timeout=1,
    )
    started = time.monotonic()
    answer, error = call(name, str(pids))
    assert error == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert time.monotonic() - started < 10
    for pid in pids.read_text().split():
        assert not _runs(int(pid))
    assert call(name, "") == ("alive", None)


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_new_code_and_new_configuration_reach_the_next_invocation(
    deploy: Deploy, call: Call, cloud: LocalCloud, zipped: Callable[[dict[str, str]], bytes]
) -> None:
    name = deploy("import os\ndef handler(e, c):\n    return ['old', os.environ.get('XX')]\n")
    assert call(name)[0] == ["old", None]
    package = zipped({"index.py": "import os\ndef handler(e, c):\n    return ['new', os.environ.get('XX')]\n"})
    cloud.client("lambda").update_function_code(FunctionName=name, ZipFile=package)
    assert call(name)[0] == ["new", None]
    cloud.client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": {"XX": "1"}})
    assert call(name)[0] == ["new", "1"]


def test_logs_have_start_output_end_and_report(deploy: Deploy, cloud: LocalCloud) -> None:
    name = deploy(
        "import logging, sys\nlog = logging.getLogger()\nlog.setLevel('INFO')\n"
        "def handler(event, context):\n"
        "    print('to stdout'); print('to stderr', file=sys.stderr); log.info('logged')\n"
    )
    answer = cloud.client("lambda").invoke(FunctionName=name, LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    logs = cloud.client("logs")
    events = logs.filter_log_events(logGroupName="/aws/lambda/probe")["events"]
    lines = [event["message"] for event in events]
    assert lines == tail.splitlines()
    assert lines[0].startswith("START RequestId: ")
    assert {"to stdout", "to stderr"} <= set(lines)
    assert any(line.startswith("[INFO]\t") and line.endswith("\tlogged") for line in lines)
    assert lines[-2].startswith("END RequestId: ")
    assert lines[-1].startswith("REPORT RequestId: ")
    assert "Memory Size: 128 MB" in lines[-1]
    assert "Init Duration" in lines[-1]
    stream = logs.describe_log_streams(logGroupName="/aws/lambda/probe")["logStreams"][0]["logStreamName"]
    assert "[$LATEST]" in stream


def test_logs_go_to_the_configured_group_as_json(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    name = deploy(
        "import logging\nlogging.getLogger().setLevel('INFO')\n"
        "def handler(event, context):\n    logging.getLogger('app').info('hello')\n",
        LoggingConfig={"LogGroup": "/own/group", "LogFormat": "JSON"},
    )
    cloud.client("logs").create_log_group(logGroupName="/own/group")
    call(name)
    events = cloud.client("logs").filter_log_events(logGroupName="/own/group")["events"]
    documents = [json.loads(event["message"]) for event in events]
    assert [d.get("type") for d in documents] == ["platform.start", None, "platform.report"]
    assert (documents[1]["message"], documents[1]["level"], documents[1]["logger"]) == ("hello", "INFO", "app")
    groups = {g["logGroupName"] for g in cloud.client("logs").describe_log_groups()["logGroups"]}
    assert "/aws/lambda/probe" not in groups


def test_a_configured_group_that_is_gone_does_not_come_back(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    name = deploy("def handler(event, context):\n    print('x')\n", LoggingConfig={"LogGroup": "/own/group"})
    call(name)
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []


def test_a_timeout_is_in_the_log(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    name = deploy("import time\ndef handler(e, c):\n    print('before', flush=True)\n    time.sleep(30)\n", Timeout=1)
    call(name)
    lines = [e["message"] for e in cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/probe")["events"]]
    assert "before" in lines
    assert any(line.endswith("Task timed out after 1.00 seconds") for line in lines)
    assert "Status: timeout" in lines[-1]


def test_a_request_over_6_mb_is_refused(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    name = deploy("def handler(event, context):\n    return len(event)\n")
    assert call(name, "x" * (6 * 1024 * 1024 - 2)) == (6 * 1024 * 1024 - 2, None)
    with pytest.raises(ClientError) as error:
        call(name, "x" * (6 * 1024 * 1024 - 1))
    assert error.value.response["Error"]["Code"] == "RequestTooLargeException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_an_event_over_1_mb_is_refused(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    name = deploy("def handler(event, context):\n    pass\n")
    with pytest.raises(ClientError, match="RequestTooLargeException"):
        cloud.client("lambda").invoke(
            FunctionName=name, InvocationType="Event", Payload=json.dumps("x" * 1024 * 1024).encode()
        )


def test_a_response_over_6_mb_is_an_error(deploy: Deploy, call: Call) -> None:
    name = deploy("def handler(event, context):\n    return 'x' * event\n")
    assert call(name, 6_291_554)[1] is None
    answer, error = call(name, 6_291_555)
    assert error == "Unhandled"
    assert answer["errorType"] == "Function.ResponseSizeTooLarge"
    assert answer["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."


def test_a_payload_that_is_no_json_is_refused(deploy: Deploy, cloud: LocalCloud) -> None:
    name = deploy("def handler(event, context):\n    return event\n")
    with pytest.raises(ClientError) as error:
        cloud.client("lambda").invoke(FunctionName=name, Payload=b"{oops")
    assert error.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_dry_run_runs_nothing(deploy: Deploy, cloud: LocalCloud, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    name = deploy(f"def handler(event, context):\n    open({str(mark)!r}, 'w')\n")
    answer = cloud.client("lambda").invoke(FunctionName=name, InvocationType="DryRun")
    assert answer["StatusCode"] == 204
    assert not mark.exists()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        cloud.client("lambda").invoke(FunctionName="nobody", InvocationType="DryRun")


def test_an_event_is_answered_at_once_and_retried_twice(deploy: Deploy, cloud: LocalCloud, tmp_path: Path) -> None:
    mark = tmp_path / "attempts"
    code = f"def handler(event, context):\n    open({str(mark)!r}, 'a').write('x')\n    raise ValueError('again')\n"
    started = time.monotonic()
    answer = cloud.client("lambda").invoke(FunctionName=deploy(code), InvocationType="Event", Payload=b"{}")
    assert answer["StatusCode"] == 202
    assert answer["Payload"].read() == b""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (not mark.exists() or len(mark.read_text()) < 3):
        time.sleep(0.05)
    assert mark.read_text() == "xxx"
    assert time.monotonic() - started >= (60 + 120) / cloud.speed


def test_the_number_of_retries_is_the_functions(deploy: Deploy, cloud: LocalCloud, tmp_path: Path) -> None:
    mark = tmp_path / "attempts"
    code = f"def handler(event, context):\n    open({str(mark)!r}, 'a').write('x')\n    raise ValueError('again')\n"
    name = deploy(code)
    client = cloud.client("lambda")
    for retries in (2, 0):
        client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=retries)
    assert client.get_function_event_invoke_config(FunctionName=name)["MaximumRetryAttempts"] == 0
    client.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    time.sleep(2)
    assert mark.read_text() == "x"


def test_two_requests_run_at_once_and_a_third_waits(deploy: Deploy, call: Call) -> None:
    name = deploy("import os, time\ndef handler(e, c):\n    time.sleep(0.3)\n    return os.getpid()\n", Timeout=30)
    with ThreadPoolExecutor(6) as threads:
        pids = [future.result()[0] for future in [threads.submit(call, name) for _ in range(6)]]
    assert len(set(pids)) == 2


def test_reserved_concurrency_of_zero_throttles(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    name = deploy("def handler(e, c):\n    return 1\n")
    cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        call(name)


def test_metrics_count_invocations_errors_and_throttles(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    name = deploy("def handler(event, context):\n    return 1 / event\n")
    client = cloud.client("lambda")
    call(name, 1)
    call(name, 0)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        call(name, 1)

    def total(metric: str) -> float:
        points = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=metric, Dimensions=[{"Name": "FunctionName", "Value": name}],
            StartTime=time.time() - 600, EndTime=time.time() + 60, Period=3600, Statistics=["Sum"],
        )["Datapoints"]  # fmt: skip
        return float(points[0]["Sum"])

    assert (total("Invocations"), total("Errors"), total("Throttles")) == (2, 1, 1)
    assert total("Duration") > 0


def test_decimals_are_numbers(deploy: Deploy, call: Call) -> None:
    name = deploy("from decimal import Decimal\ndef handler(e, c):\n    return {'n': Decimal('1.5')}\n")
    assert call(name)[0] == {"n": 1.5}


def test_reset_ends_the_workers(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    pid = call(deploy("import os\ndef handler(e, c):\n    return os.getpid()\n"))[0]
    assert _runs(pid)
    cloud.reset()
    assert not _runs(pid)
    assert not (cloud.workdir / "lambda").exists()


def test_an_invocation_whose_files_a_reset_has_taken_has_an_answer(
    deploy: Deploy, call: Call, cloud: LocalCloud, tmp_path: Path
) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    name = deploy(
        "import pathlib, time\n"
        "def handler(e, c):\n"
        f"    pathlib.Path({str(begun)!r}).touch()\n"
        f"    while not pathlib.Path({str(go)!r}).exists():\n"
        "        time.sleep(0.01)\n"
        "    return 'done'\n"
    )
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(call, name)
        until(begun.exists, bool)
        shutil.rmtree(cloud.workdir / "lambda")
        go.touch()
        assert waiting.result(timeout=30) == ("done", None)


def test_deleting_a_function_ends_its_workers(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    pid = call(deploy("import os\ndef handler(e, c):\n    return os.getpid()\n"))[0]
    cloud.client("lambda").delete_function(FunctionName="probe")
    assert not _runs(pid)


def test_what_cannot_run_is_refused_by_name(deploy: Deploy, call: Call, cloud: LocalCloud) -> None:
    name = deploy("x", Runtime="ruby3.4")
    with pytest.raises(ClientError, match=r"Invoke of runtime ruby3\.4 is not implemented"):
        call(name)
    with pytest.raises(ClientError, match=r"CreateEventSourceMapping with Topics is not implemented"):
        cloud.client("lambda").create_event_source_mapping(
            FunctionName=name, EventSourceArn="arn:aws:kafka:us-east-1:123456789012:cluster/c/1", Topics=["topic"]
        )
    with pytest.raises(ClientError, match="CreateFunctionUrlConfig is not implemented"):
        cloud.client("lambda").create_function_url_config(FunctionName=name, AuthType="NONE")
    with pytest.raises(ClientError, match="with DestinationConfig is not implemented"):
        cloud.client("lambda").put_function_event_invoke_config(
            FunctionName=name,
            DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:q"}},
        )
    mount = {
        "Arn": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-00000000000000001",
        "LocalMountPath": "/mnt/x",
    }
    with pytest.raises(ClientError, match="FileSystemConfigs is not implemented"):
        deploy("x", "other", FileSystemConfigs=[mount])
    with pytest.raises(ClientError, match="DeadLetterConfig is not implemented"):
        deploy("x", "other", DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:123456789012:q"})
