"""Result writers of distributed Map states: what its children came to, as objects in S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

import json
from collections.abc import Iterable
from typing import Any

from localcloud.step_functions.execution import Execution

_STATES = ("FAILED", "PENDING", "SUCCEEDED")


def write(
    s3: Any, parameters: dict[str, Any], config: dict[str, Any], map_run: str, children: Iterable[Execution]
) -> dict[str, Any]:
    """One file for each state that children are in, and the manifest; the value of the state."""
    bucket, prefix = parameters["Bucket"], str(parameters.get("Prefix", ""))
    folder = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
    folder += map_run.rpartition(":")[2]
    lists: dict[str, list[Any]] = {state: [] for state in _STATES}
    for child in children:
        state = "SUCCEEDED" if child.exec_status == "SUCCEEDED" else "FAILED"
        lists[state].append(_told(child, config))
    files: dict[str, list[dict[str, Any]]] = {state: [] for state in _STATES}
    for state, results in lists.items():
        if results:
            lines = config.get("OutputType") == "JSONL"
            key = f"{folder}/{state}_0.{'jsonl' if lines else 'json'}"
            text = "\n".join(json.dumps(result) for result in results) if lines else json.dumps(results)
            s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
            files[state].append({"Key": key, "Size": len(text.encode())})
    manifest = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files}
    key = f"{folder}/manifest.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(manifest).encode())
    return {"MapRunArn": map_run, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}


def _told(child: Execution, config: dict[str, Any]) -> Any:
    if config.get("Transformation") in ("COMPACT", "FLATTEN") and child.exec_status == "SUCCEEDED":
        return child.output
    told = child.describe()
    for member in ("startDate", "stopDate", "redriveDate"):
        if member in told:
            told[member] = told[member].isoformat()
    told["status"] = told["status"].value
    return {member[0].upper() + member[1:]: value for member, value in sorted(told.items())}
