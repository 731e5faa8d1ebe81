"""A Python that has the containers' libraries imported and forks for each script: run by file, stdlib only.

Usage: ``host.py KEEPER NAMESPACE CONTROL_FD MODULE...``, the first two of localcloud.processes. Each message on
the control socket is the path of a JSON spec, with two file descriptors: where the script's output goes, and a
socket that is told ``PID\\n`` at once and ``EXIT_CODE\\n`` at the end. It forks twice: the first child keeps the
second, which becomes the script, as keeper.py says; the socket is its lifeline. The end of the control socket is the
end of this process.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import sysconfig
import threading
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

_FRAMES_OF_OURS = (__file__, runpy.__file__, "<frozen runpy>")


def main() -> None:
    # no modules: a script could meet them
    keeper, namespace = (SimpleNamespace(**runpy.run_path(path)) for path in sys.argv[1:3])
    paths = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("paths.py"))))
    control = socket.socket(fileno=int(sys.argv[3]))
    del sys.path[0]  # this file's folder
    for name in sys.argv[4:]:
        with contextlib.suppress(ModuleNotFoundError):  # a script that needs it will say so; not all need plots
            importlib.import_module(name)
    gc.freeze()  # collections in a fork would copy the pages of all that is imported
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who keep the scripts
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 4096, 2)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            spec = json.loads(Path(message.decode()).read_text("utf-8"))
            _keep(keeper, *descriptors)
            see(spec, namespace, paths)
            run(spec)
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(keeper: Any, output: int, told: int) -> None:
    """Fork: returns in the child that is to become the script; this process watches it to its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    keeper.adopt_orphans()
    pid = os.fork()
    if pid == 0:
        keeper.end_with_parent()
        keeper.lead_group()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.closerange(3, 256)
        return
    keeper.let_go(told)
    with contextlib.suppress(OSError):  # nobody waits for it any more
        os.write(told, b"%d\n" % os.getpid())
    code = os.waitstatus_to_exitcode(keeper.watch(pid, told))
    with contextlib.suppress(OSError):
        os.write(told, b"%d\n" % code)
    os._exit(0)


def see(spec: dict[str, Any], namespace: Any, paths: Any) -> None:
    """Have the job's view of the machine."""
    try:
        if spec["view"]["places"]:
            namespace.enter(spec["view"])
        os.chdir(spec["directory"])
    except OSError as error:
        print(f"no mount namespace: {error.strerror}", file=sys.stderr)
        os._exit(namespace.NOT_ENTERED)
    if spec["translated"]:
        paths.install(*spec["translated"])


def run(spec: dict[str, Any]) -> NoReturn:
    """Become ``python SCRIPT ARGUMENTS`` or ``python -m MODULE ARGUMENTS`` and end as they end."""
    os.environ.clear()
    os.environ.update(spec["environment"])
    sys.executable, sys.prefix, sys.exec_prefix = spec["python"], spec["prefix"], spec["prefix"]
    importlib.reload(sysconfig)  # it keeps the prefix
    target, *arguments = spec["command"]
    as_module = target == "-m"
    if as_module:
        target, *arguments = arguments
    first = spec["directory"] if as_module else str(Path(target).absolute().parent)
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:0] = [first, *given, spec["site"]]
    sys.argv = [target, *arguments]
    importlib.invalidate_caches()
    code: object = 0
    try:
        if as_module:
            runpy.run_module(target, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(target, run_name="__main__")
    except SystemExit as ending:
        code = ending.code
    except BaseException as error:
        _print(error)
        code = 1
    _leave(code)


def _leave(code: object) -> NoReturn:
    """End as ``sys.exit(code)``, without taking down every module, which costs a fork 0.6 s of copied pages."""
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for the script's threads
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError):  # closed by the script
            stream.flush()
    os._exit((code or 0) & 0xFF)


def _print(error: BaseException) -> None:
    """The traceback from the script on, as the interpreter itself prints it."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename in _FRAMES_OF_OURS:
        frames = frames.tb_next
    sys.stdout.flush()
    traceback.print_exception(type(error), error, frames)


if __name__ == "__main__":
    main()
