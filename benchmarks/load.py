"""Ask a server as fast as it answers: ``python load.py URL REQUESTS CONNECTIONS < bodies``, a body a line.

``unix:FILE`` asks /invocations at a Unix socket. A process of its own, so that its work is not the server's. Prints
requests a second; any answer but 200 is an error.
"""

import http.client
import socket
import sys
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice


def main() -> None:
    url, requests, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    bodies = list(islice(cycle(sys.stdin.buffer.read().splitlines()), requests))
    ask(url, bodies[: requests // 10])  # warm
    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(lambda first: ask(url, bodies[first::connections]), range(connections)))
    print(requests / (time.perf_counter() - began))


def ask(url: str, bodies: list[bytes]) -> None:
    """All of them on one connection."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc or "localhost", timeout=60)
    if place.scheme == "unix":
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(place.path)
    path = "/invocations" if place.scheme == "unix" else place.path
    for body in bodies:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {text!r}")


if __name__ == "__main__":
    main()
