"""Requests that the containers and our endpoints have to answer alike."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
XGBOOST, SCIKIT_LEARN = "xgboost", "scikit-learn"


@dataclass(frozen=True)
class Row:
    """One request.

    Attributes:
        kind: Content-Type, None for a request without one; ``accept`` likewise.
        accept_csv: the model has SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT=text/csv.
        differs: why the local cloud answers differently; "" where it does not.
    """

    name: str
    script: str
    body: bytes = b"1,2"
    kind: str | None = None
    accept: str | None = None
    image: str = XGBOOST
    custom: str | None = None
    accept_csv: bool = False
    differs: str = ""

    @property
    def headers(self) -> dict[str, str]:
        given = {
            "Content-Type": self.kind,
            "Accept": self.accept,
            "X-Amzn-SageMaker-Custom-Attributes": self.custom,
        }
        return {name: value for name, value in given.items() if value is not None}


def _npy(values: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array(values))
    return buffer.getvalue()


CONTENT_TYPES = (
    *(None, "", JSON, CSV, "APPLICATION/JSON", "application/json; charset=utf-8", "text/csv;charset=latin-1"),
    *(
        "text/plain",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ),
    *("application/x-npy", "text/libsvm", "application/jsonlines", "application/json, text/csv", "nonsense"),
)
ACCEPTS = (
    *("", "*/*", JSON, CSV, "application/*", "text/csv, */*", "*/*;q=0.8", "application/json;verbose=true"),
    *("image/png", "APPLICATION/JSON", "*/*, application/json"),
)
BODIES = {
    "empty": b"",
    "unicode": "東京, é, \U0001f600".encode(),
    "bad UTF-8": b"a\xff\xfeb",
    "cut UTF-8": "東".encode()[:2],
    "with BOM": b"\xef\xbb\xbf1,2",
    "with NUL": b"a\x00b",
    "lines": b"1,2\r\n3,4\n",
    "form": b"a=1&b=2",
    "large": b"x" * 300_000,
}
RESULTS = (
    *("text", "bytes", "object", "list", "empty", "nothing", "number", "generator", "one", "pair of bytes", "pair"),
    *("pair with charset", "pair of xml", "pair of nothing", "pair without type", "pair of list", "pair of number"),
    *("three", "response", "response of a type", "response of bytes", "response with accept"),
    *("response with headers", "response of nothing", "unicode", "status 201", "status 400", "status 404"),
    *("status 406", "status 413", "status 415", "status 418", "status 422", "status 429", "status 500", "status 503"),
    *("status text", "status of json", "status without words", "no such result"),
)
ERRORS = ("value", "no words", "status", "abort", "assert", "unicode", "deep")

# name, body, content type, accept: what the default handlers of scikit-learn's image make of it
ARRAYS = (
    ("CSV to JSON", b"1,2\n3,4", CSV, JSON),
    ("CSV to CSV", b"1,2\n3,4", CSV, CSV),
    ("CSV to NPY", b"1,2\n3,4", CSV, NPY),
    ("CSV of one row", b"1,2", CSV, JSON),
    ("CSV of one number", b"7", CSV, JSON),
    ("CSV with an empty line at the end", b"1,2\n", CSV, JSON),
    ("CSV with quotes", b'"1","2"', CSV, JSON),
    ("CSV with a header", b"a,b\n1,2", CSV, JSON),
    ("CSV of different lengths", b"1,2\n3", CSV, JSON),
    ("CSV that ends in a quote", b'1,"2', CSV, JSON),
    ("no CSV at all", b"", CSV, JSON),
    ("JSON to JSON", b"[[1, 2], [3, 4]]", JSON, JSON),
    ("JSON without a type", b"[[1, 2]]", None, None),
    ("JSON with a charset", b"[[1, 2]]", "application/json; charset=utf-8", JSON),
    ("a JSON object", b'{"a": 1}', JSON, JSON),
    ("no JSON", b"{", JSON, JSON),
    ("no JSON at all", b"", JSON, JSON),
    ("JSON of words", b'["a", "b"]', JSON, JSON),
    ("JSON of one number", b"5", JSON, JSON),
    ("NPY to JSON", _npy([[1, 2]]), NPY, JSON),
    ("NPY that is none", b"1,2", NPY, JSON),
    ("an unknown type", b"1,2", "text/plain", JSON),
    ("an unknown accept", b"1,2", CSV, "image/png"),
    ("an accept of two", b"1,2", CSV, "text/csv, application/json"),
    ("an accept with parameters", b"1,2", CSV, "text/csv;q=1"),
)
# what the default handlers of xgboost's image make of it
MATRICES = (
    ("CSV", b"1,2\n3,4", CSV, JSON),
    ("CSV with a charset", b"1,2\n3,4", "text/csv; charset=utf-8", JSON),
    ("CSV with semicolons", b"1;2\n3;4", CSV, JSON),
    ("CSV with tabs", b"1\t2\n3\t4", CSV, JSON),
    ("CSV with gaps", b"1,,3\n,5,6", CSV, JSON),
    ("CSV with an empty line at the end", b"1,2\n", CSV, JSON),
    ("CSV with a header", b"a,b\n1,2", CSV, JSON),
    ("CSV of one number", b"7", CSV, JSON),
    ("no CSV at all", b"", CSV, JSON),
    ("CSV to CSV", b"1,2\n3,4", CSV, CSV),
    ("CSV to NPY", b"1,2\n3,4", CSV, NPY),
    ("LIBSVM", b"0:1 2:3\n1:2", "text/libsvm", JSON),
    ("LIBSVM from one", b"1:1 3:3\n2:2", "text/x-libsvm", JSON),
    ("LIBSVM with labels", b"1 0:1 1:2\n0 0:3", "text/libsvm", JSON),
    ("LIBSVM of nothing", b"", "text/libsvm", JSON),
    ("JSON", b"[[1, 2]]", JSON, JSON),
    ("an unknown type", b"1,2", "text/plain", JSON),
    ("an unknown accept", b"1,2", CSV, "image/png"),
)
ROWS = (
    *(Row(f"content type {kind!r}", "echo", kind=kind) for kind in CONTENT_TYPES),
    *(Row(f"accept {accept!r}", "echo", kind=CSV, accept=accept) for accept in ACCEPTS),
    *(Row(f"default accept, {accept!r}", "echo", accept=accept, accept_csv=True) for accept in (None, "*/*", JSON)),
    *(Row(f"text body: {name}", "echo", body, CSV) for name, body in BODIES.items()),
    *(Row(f"raw body: {name}", "echo", body, "application/octet-stream") for name, body in BODIES.items()),
    *(Row(f"functions: {kind!r}", "echo_functions", kind=kind) for kind in (None, CSV, "application/octet-stream")),
    *(Row(f"functions, accept {accept!r}", "echo_functions", accept=accept) for accept in (CSV, "image/png")),
    *(Row(f"returns {name}", "results", name.encode(), CSV) for name in RESULTS),
    *(Row(f"raises {name}", "errors", name.encode(), CSV) for name in ERRORS),
    Row("raises nothing", "errors", b"fine", CSV),
    *(Row(f"{name}_fn raises", "functions_fail", name.encode(), CSV) for name in ("input", "predict", "output")),
    *(Row(f"scikit-learn: {n}", "only_model", b, k, a, SCIKIT_LEARN) for n, b, k, a in ARRAYS),
    *(Row(f"scikit-learn sees: {n}", "only_output", b, k, a, SCIKIT_LEARN) for n, b, k, a in ARRAYS),
    *(Row(f"xgboost: {n}", "matrix", b, k, a) for n, b, k, a in MATRICES),
    Row("predict_fn alone", "only_predict", b"[[1, 2]]", JSON, JSON, SCIKIT_LEARN),
    Row("predict_fn alone, CSV", "only_predict", b"1,2", CSV, CSV, SCIKIT_LEARN),
    Row("input_fn alone", "only_input", b"abc", "text/plain", JSON, SCIKIT_LEARN),
    Row("functions that are None", "none_functions", b"1,2", CSV, JSON, SCIKIT_LEARN),
    Row("a context that is asked for", "context", kind=CSV),
    Row("a context that has a default", "optional_context", kind=CSV),
    Row("any arguments", "any_arguments", kind=CSV),
    Row("a header of Flask's request", "framework", b"header", CSV, custom="tenant=a"),
    Row("no header of Flask's request", "framework", b"header", CSV),
    Row("method of Flask's request", "framework", b"method", CSV),
    *(Row(f"encoders: {accept!r}", "framework", b"encode", CSV, accept) for accept in (JSON, CSV, NPY, "image/png")),
    Row(
        *("a handler that exits", "errors", b"exit", CSV),
        differs="there the worker ends and nginx answers 502; here it is a 500 that says so, and the worker goes on",
    ),
    Row(
        *("NPY of objects", "only_model", _npy([{"a": 1}]), NPY, JSON, SCIKIT_LEARN),
        differs="there it is unpickled, which runs what the body says; here it is a 500",
    ),
)
