"""Requests a second of a model's handlers without any server: ``python -m benchmarks.in_process FOLDER REQUESTS``.

Bodies come from the standard input, one a line. A process of its own, as an endpoint's container is.
"""

import sys
import time
from itertools import cycle, islice

from processing.sagemaker import inference


def main() -> None:
    folder, requests = sys.argv[1], int(sys.argv[2])
    bodies = list(islice(cycle(sys.stdin.buffer.read().splitlines()), requests))
    model = inference.model_fn(folder)
    ask(model, bodies[: requests // 10])  # warm
    began = time.perf_counter()
    ask(model, bodies)
    print(requests / (time.perf_counter() - began))


def ask(model: inference.Model, bodies: list[bytes]) -> None:
    """All of them, one after the other."""
    for body in bodies:
        request = inference.read(body, "application/json")
        inference.write(inference.predict(request, model), "*/*")


if __name__ == "__main__":
    main()
