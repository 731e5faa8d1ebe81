"""Batch transform of the files in a folder: ``transform.py SPEC``, see `localcloud.sagemaker.transform`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from handlers import Handlers  # type: ignore[import-not-found]  # beside this file, where it runs


def main() -> None:
    spec: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    handlers = Handlers(spec["script"], spec["model_dir"])
    source, target = Path(spec["input"]), Path(spec["output"])
    for path in sorted(item for item in source.rglob("*") if item.is_file()):
        # https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html: the input's name with .out
        out = target / path.relative_to(source).with_name(f"{path.name}.out")
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("wb") as file:
            for body in payloads(path.read_bytes(), spec["split"], spec["many"], spec["limit"]):
                answer, _ = handlers.answer(body, spec["content_type"], spec["accept"])
                file.write(answer)
                if spec["assemble"] and not answer.endswith(b"\n"):
                    file.write(b"\n")


def payloads(content: bytes, split: bool, many: bool, limit: int) -> Iterator[bytes]:
    """Bodies of requests: the whole file, each line, or as many lines as ``limit`` bytes hold.

    Raises:
        ValueError: a record alone is over the limit.
    """
    records = content.splitlines(keepends=True) if split else [content]
    batch = b""
    for record in records:
        if len(record) > limit:
            raise ValueError(f"a record of {len(record)} bytes is over MaxPayloadInMB ({limit} bytes)")
        if batch and (not many or len(batch) + len(record) > limit):
            yield batch
            batch = b""
        batch += record
    if batch:
        yield batch


if __name__ == "__main__":
    main()
