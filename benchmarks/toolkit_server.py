"""Serve a model's inference.py through AWS's sagemaker-inference: ``python toolkit_server.py BASE``.

Runs in .venv-toolkits. The toolkit's own server is Multi Model Server, a Java program that hands each request to the
toolkit's Transformer in a Python process; here the standard library's server does that, which is faster. BASE stands
for /opt/ml (variable SAGEMAKER_BASE_DIR). The port is printed.
"""

import http.server
import sys
import threading
from pathlib import Path
from typing import Any

from sagemaker_inference.transformer import Transformer


class Context:
    """What the Transformer asks of Multi Model Server's context."""

    def __init__(self, headers: dict[str, str], model: Path) -> None:
        self.headers = headers
        self.system_properties = {"model_dir": str(model)}
        self.request_processor = [self]
        self.status = 200
        self.content_type = "text/plain"

    def get_request_properties(self) -> dict[str, str]:
        return self.headers

    def set_response_content_type(self, _: int, kind: str) -> None:
        self.content_type = kind

    def set_response_status(self, code: int, phrase: str = "", idx: int = 0) -> None:
        self.status = code


def handler(model: Path) -> type[http.server.BaseHTTPRequestHandler]:
    """Answers /invocations as a container does."""
    transformer, one_at_a_time = Transformer(), threading.Lock()  # as a worker process of the model server

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections, as the model server does
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            context = Context(dict(self.headers), model)
            with one_at_a_time:
                (answer,) = transformer.transform([{"body": body}], context)
            content = answer.encode() if isinstance(answer, str) else answer
            self.send_response(context.status)
            self.send_header("Content-Type", context.content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None: ...

    return Handler


def main() -> None:
    model = Path(sys.argv[1]) / "model"
    sys.path.insert(0, str(model / "code"))
    server = http.server.ThreadingHTTPServer(("localhost", 0), handler(model))
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
