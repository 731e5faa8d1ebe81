"""Batch transform of the files in a folder: ``transform.py SPEC``, see `localcloud.sagemaker.transform`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))  # last: what a script brings comes first
from localcloud_hosting import Answer, Request, host  # type: ignore[import-not-found]


def main() -> None:
    spec: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    hosted = host(spec["model"])
    source, target = Path(spec["input"]), Path(spec["output"])
    for path in sorted(item for item in source.rglob("*") if item.is_file()):
        # https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html: the input's name with .out
        name = path.relative_to(source)
        out = target / name.with_name(f"{path.name}.out")
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("wb") as file:
            for body in payloads(path.read_bytes(), spec["split"], spec["many"], spec["limit"]):
                answer = hosted.answer(Request(spec["headers"], body))
                if not 200 <= answer.status < 300:
                    sys.exit(_told(name, answer))
                file.write(answer.body)
                if spec["assemble"] and not answer.body.endswith(b"\n"):
                    file.write(b"\n")


def _told(name: Path, answer: Answer) -> str | int:
    """The line that SageMaker's own log of a transform job has; of an error of the script there is a traceback."""
    if answer.content_type.startswith("text/html"):
        return 1
    text = answer.body.decode(errors="replace")
    return f"{name}: Bad HTTP status received from algorithm: {answer.status}. Message: {text}"


def payloads(content: bytes, split: bool, many: bool, limit: int | None) -> Iterator[bytes]:
    """Bodies of requests: the whole file, each line, or as many lines as ``limit`` bytes hold.

    Raises:
        ValueError: a record alone is over the limit.
    """
    records = content.splitlines(keepends=True) if split else [content]
    batch = b""
    for record in records:
        if limit is not None and len(record) > limit:
            raise ValueError(f"a record of {len(record)} bytes is over MaxPayloadInMB ({limit} bytes)")
        if batch and (not many or (limit is not None and len(batch) + len(record) > limit)):
            yield batch
            batch = b""
        batch += record
    if batch:
        yield batch


if __name__ == "__main__":
    main()
