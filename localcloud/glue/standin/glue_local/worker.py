"""Main program of a job process: ``python -m glue_local.worker ENGINE CONTROL_FD``.

It starts its engine, reads one job from standard input (a JSON object on one line), runs its script, and ends.
Standard output is the job's output log, standard error its error log. Its keeper ends it with the cloud.
"""

import json
import os
import runpy
import sys
import traceback
from types import TracebackType
from typing import Any

from .bookmark import Bookmark
from .run import Control, Run, set_current


def main() -> None:
    """Serve one job."""
    engine, descriptor = sys.argv[1], int(sys.argv[2])
    os.set_inheritable(descriptor, False)  # the pipe must close when this process ends, not when its children do
    control = Control(descriptor)
    session = None
    if engine == "sail":
        from . import sail  # noqa: PLC0415 - the spark engine's environment has no pysail

        session = sail.start()
    line = sys.stdin.readline()
    if not line:
        os._exit(0)
    spec = json.loads(line)
    os.environ.update(spec["environment"])  # the role's credentials; nothing has signed a request before
    bookmark = Bookmark(spec["bookmark"], lambda state: control.send("bookmark", state=state))
    run = Run(engine, spec, control, bookmark, session)
    set_current(run)
    control.send("running")
    error = _run_script(run)
    control.send("ended", error=error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if error else 0)  # engines and a script's threads may never come to an end by themselves


def _run_script(run: Run) -> str | None:
    spec = run.spec
    os.chdir(spec["directory"])
    os.environ["PYTHONPATH"] = os.pathsep.join((*spec["python_path"], os.environ.get("PYTHONPATH", "")))
    sys.path[:0] = [os.path.dirname(spec["script"]), *spec["python_path"]]  # noqa: PTH120 - sys.path holds text
    sys.argv = [spec["script"], *spec["arguments"]]
    if run.session is not None:
        for key, value in spec["spark_conf"].items():
            run.session.conf.set(key, value)
    else:
        from . import jvm  # noqa: PLC0415 - the environment above is the JVM's too

        run.mirror = jvm.start(spec)
    # Glue 5.0 and later put what a script prints, on either stream, into the output log
    # (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html)
    error_log, sys.stderr = sys.stderr, sys.stdout
    try:
        return _outcome(spec)
    finally:
        sys.stderr = error_log
        if run.mirror is not None:
            run.mirror.push()


def _outcome(spec: dict[str, Any]) -> str | None:
    try:
        runpy.run_path(spec["script"], run_name="__main__")
    except SystemExit as ending:
        return None if ending.code in (None, 0) else f"SystemExit: {ending.code}"
    except BaseException as error:
        print(traceback.format_exc(), file=sys.__stderr__, flush=True)
        return error_message(error, error.__traceback__, spec["script"])
    return None


def error_message(error: BaseException, trace: TracebackType | None, script: str) -> str:
    """Glue's ErrorMessage: category, the line of the script, the exception's own line."""
    lines = [frame.lineno for frame in traceback.extract_tb(trace) if frame.filename == script]
    if isinstance(error, SyntaxError) and error.filename == script:
        lines = [error.lineno]
    category = "UNCLASSIFIED_ERROR"
    if isinstance(error, ImportError):
        category = "IMPORT_ERROR"
    elif isinstance(error, SyntaxError):
        category = "SYNTAX_ERROR"
    elif type(error).__name__ in ("AnalysisException", "ParseException"):
        category = "QUERY_ERROR"
    where = f"; Failed Line Number: {lines[-1]}" if lines else ""
    told = str(error).strip().splitlines() or [""]  # Spark adds plans and Java stacks below the first line
    return f"Error Category: {category}{where}; {type(error).__name__}: {told[0]}"


if __name__ == "__main__":
    main()
