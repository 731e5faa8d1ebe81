"""What traffic is compared with: the drift baselines of the version in service, where the monitoring looks for them."""

from typing import Any
from urllib.parse import urlparse

FOLDER = "monitoring/baseline"
FILES = {  # name → where a package has it among its DriftCheckBaselines
    "statistics": ("ModelDataQuality", "Statistics"),
    "constraints": ("ModelDataQuality", "Constraints"),
    "model_quality_statistics": ("ModelQuality", "Statistics"),
    "model_quality_constraints": ("ModelQuality", "Constraints"),
}


def copy(client: Any, bucket: str, package: dict[str, Any]) -> None:
    """Replace the files of ``monitoring/baseline/`` by those of ``package``.

    Whole files: one that this package lacks is removed, for a baseline of another version would be a wrong one.

    Args:
        client: of S3.
        package: the description of the model package.
    """
    baselines = package.get("DriftCheckBaselines") or {}
    for name, (part, kind) in FILES.items():
        source = (baselines.get(part) or {}).get(kind)
        key = f"{FOLDER}/{name}.json"
        if source is None:
            client.delete_object(Bucket=bucket, Key=key)
            continue
        where = urlparse(source["S3Uri"])
        content = client.get_object(Bucket=where.netloc, Key=where.path.lstrip("/"))["Body"].read()
        client.put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")
