"""Small inference scripts, by name: each does one thing that the containers may see differently from us."""

ECHO = """
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    return repr((type(body).__name__, body, content_type, accept)), "text/plain"
"""

ECHO_FUNCTIONS = """
def model_fn(model_dir):
    return "m"
def input_fn(body, content_type):
    return [type(body).__name__, body, content_type]
def predict_fn(data, model):
    return [*data, model]
def output_fn(prediction, accept):
    return repr([*prediction, accept]), accept
"""

# The body names what transform_fn returns
RESULTS = """
from sagemaker_containers.beta.framework import worker
R = worker.Response
FOUND = {
    "text": lambda: "plain",
    "bytes": lambda: b"\\x00\\xff",
    "object": lambda: {"b": [1, None], "a": "\u00e9"},
    "list": lambda: [1, "two"],
    "empty": lambda: "",
    "nothing": lambda: None,
    "number": lambda: 3,
    "generator": lambda: (part for part in ("a", "b")),
    "one": lambda: ("a",),
    "pair of bytes": lambda: (b"\\xff", "image/png"),
    "pair": lambda: ("1,2", "text/csv"),
    "pair with charset": lambda: ("1,2", "text/csv; charset=utf-8"),
    "pair of xml": lambda: ("<a/>", "application/xml"),
    "pair of nothing": lambda: (None, "text/csv"),
    "pair without type": lambda: ("1", None),
    "pair of list": lambda: (["a", "b"], "text/csv"),
    "pair of number": lambda: (1, "text/csv"),
    "three": lambda: ("a", "text/csv", 201),
    "response": lambda: R("r"),
    "response of a type": lambda: R(response="r", mimetype="text/csv"),
    "response of bytes": lambda: R(b"\\x93NUMPY", mimetype="application/x-npy"),
    "response with accept": lambda: R("r", "text/csv", mimetype="text/csv"),
    "response with headers": lambda: R("r", headers={"Content-Type": "text/x-special"}),
    "response of nothing": lambda: R(),
    "unicode": lambda: ("\u6771\u4eac", "text/plain"),
    **{f"status {code}": (lambda code=code: R(f"because {code}", status=code, mimetype="text/plain"))
       for code in (201, 400, 404, 406, 413, 415, 418, 422, 429, 500, 503)},
    "status text": lambda: R("because", status="409 Conflict"),
    "status of json": lambda: R('{"why": 1}', status=400),
    "status without words": lambda: R(status=400),
}
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    return FOUND[body]()
"""

# The body names what it raises
ERRORS = """
import flask
class WithStatus(Exception):
    status_code, code, message = 400, 400, "mine"
def raised(name):
    if name == "value":
        raise ValueError("seven")
    if name == "no words":
        raise KeyError
    if name == "status":
        raise WithStatus("no")
    if name == "abort":
        flask.abort(409)
    if name == "assert":
        assert not name
    if name == "unicode":
        b"\\xff".decode()
    if name == "deep":
        raised(name)
    if name == "exit":
        raise SystemExit(3)
    return name
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    return raised(body), "text/plain"
"""

# Each function fails when the body names it
FUNCTIONS_FAIL = """
def model_fn(model_dir):
    return None
def input_fn(body, content_type):
    if body == "input":
        raise LookupError(body)
    return body
def predict_fn(data, model):
    if data == "predict":
        raise LookupError(data)
    return data
def output_fn(prediction, accept):
    if prediction == "output":
        raise LookupError(prediction)
    return prediction, "text/plain"
"""

ONLY_MODEL = """
import numpy as np
class Model:
    def predict(self, data):
        return np.asarray(data, dtype=float).reshape(-1, np.asarray(data).shape[-1]).sum(axis=1)
def model_fn(model_dir):
    return Model()
"""
ONLY_PREDICT = """
def model_fn(model_dir):
    return 2
def predict_fn(data, model):
    return data * model
"""
ONLY_INPUT = """
class Model:
    def predict(self, data):
        return [len(data)]
def model_fn(model_dir):
    return Model()
def input_fn(body, content_type):
    return body
"""
ONLY_OUTPUT = """
class Model:
    def predict(self, data):
        return data
def model_fn(model_dir):
    return Model()
def output_fn(prediction, accept):
    return repr((prediction.dtype.name, prediction.shape, prediction.tolist())), "text/plain"
"""
# What a model of xgboost sees: a DMatrix, without validation of names
MATRIX = """
class Model:
    def predict(self, data, validate_features):
        return data.get_data().toarray().sum(axis=1).tolist() + [data.num_col(), validate_features]
def model_fn(model_dir):
    return Model()
"""

NONE_FUNCTIONS = """
transform_fn = None
def model_fn(model_dir):
    return 3
def predict_fn(data, model):
    return data.sum() * model
"""
CONTEXT = """
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept, context):
    return "never", "text/plain"
"""
OPTIONAL_CONTEXT = """
def model_fn(model_dir, context=None):
    return context
def transform_fn(model, body, content_type, accept, context="none"):
    return repr((model, context)), "text/plain"
"""
ANY_ARGUMENTS = """
def model_fn(*given):
    return len(given)
def transform_fn(*given, **named):
    return repr((given[0], len(given), named)), "text/plain"
"""

# What scripts take from the framework, and from Flask around them
FRAMEWORK = """
import flask
import numpy as np
from sagemaker_containers.beta.framework import content_types, encoders, env, modules, transformer, worker
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    if body == "header":
        return flask.request.headers.get("X-Amzn-SageMaker-Custom-Attributes", "none"), "text/plain"
    if body == "method":
        return f"{flask.request.method} {flask.request.path}", "text/plain"
    array = np.array([[1, 2.5], [3, 4]])
    return worker.Response(encoders.encode(array, accept), mimetype=accept)
"""

LOADED = {
    "echo": ECHO,
    "echo_functions": ECHO_FUNCTIONS,
    "results": RESULTS,
    "errors": ERRORS,
    "functions_fail": FUNCTIONS_FAIL,
    "only_model": ONLY_MODEL,
    "only_predict": ONLY_PREDICT,
    "only_input": ONLY_INPUT,
    "only_output": ONLY_OUTPUT,
    "matrix": MATRIX,
    "none_functions": NONE_FUNCTIONS,
    "context": CONTEXT,
    "optional_context": OPTIONAL_CONTEXT,
    "any_arguments": ANY_ARGUMENTS,
    "framework": FRAMEWORK,
}

# These never serve
REFUSED = {
    "both_kinds": ECHO + "def predict_fn(data, model): ...\n",
    "no_model_fn": ECHO.replace("model_fn", "load"),
    "model_fails": ECHO.replace("return None", "raise ValueError('another version')"),
    "does_not_import": "import module_that_nobody_has\n",
    "does_not_parse": "def model_fn(model_dir:\n",
    "model_takes_nothing": ECHO.replace("model_fn(model_dir)", "model_fn()"),
}
