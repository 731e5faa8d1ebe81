"""A Python that has the containers' libraries imported and forks once for each script: run by file, stdlib only.

Usage: ``host.py CONTROL_FD MODULE...``. Each message on the control socket is the path of a JSON spec, with two file
descriptors: where the script's output goes, and a socket that is told ``PID\\n`` at once and ``EXIT_CODE\\n`` at the
end. The end of the control socket is the end of everything.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import sysconfig
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

import namespace  # type: ignore[import-not-found]  # beside this file, where it runs
import paths  # type: ignore[import-not-found]

_FRAMES_OF_OURS = (__file__, runpy.__file__, "<frozen runpy>")


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    del sys.path[0]  # this file's folder
    for name in sys.argv[2:]:
        with contextlib.suppress(ModuleNotFoundError):  # a script that needs it will say so; not all need plots
            importlib.import_module(name)
    gc.freeze()  # collections in a fork would copy the pages of all that is imported
    waker, wakened = socket.socketpair()
    waker.setblocking(False)
    wakened.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    jobs: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(wakened, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is wakened:
                    wakened.recv(4096)
                    _reap(jobs)
                    continue
                spec = _accept(control, jobs)
                if spec is not None:
                    selector.close()
                    run(spec)


def _accept(control: socket.socket, jobs: dict[int, socket.socket]) -> dict[str, Any] | None:
    """Fork for the next message; the spec in the child, None here."""
    message, descriptors, _, _ = socket.recv_fds(control, 4096, 2)
    if not message:
        for pid in jobs:
            os.killpg(pid, signal.SIGKILL)
        os._exit(0)
    output, told = descriptors
    spec: dict[str, Any] = json.loads(Path(message.decode()).read_text("utf-8"))
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.closerange(3, 256)
        return spec
    os.setpgid(pid, pid)  # whichever of the two comes first: the group is there when the pid is told
    os.close(output)
    jobs[pid] = socket.socket(fileno=told)
    jobs[pid].sendall(b"%d\n" % pid)
    return None


def _reap(jobs: dict[int, socket.socket]) -> None:
    while jobs:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with jobs.pop(pid) as told:
            code = os.waitstatus_to_exitcode(status)
            try:
                told.sendall(b"%d\n" % code)
            except OSError:
                continue  # nobody waits for it any more


def run(spec: dict[str, Any]) -> NoReturn:
    """Become ``python SCRIPT ARGUMENTS`` or ``python -m MODULE ARGUMENTS`` and end as they end."""
    os.environ.clear()
    os.environ.update(spec["environment"])
    try:
        if spec["places"]:
            namespace.enter(spec["places"], spec["stage"])
        os.chdir(spec["directory"])
    except OSError as error:
        print(f"no mount namespace: {error.strerror}", file=sys.stderr)
        os._exit(namespace.NOT_ENTERED)
    if spec["translated"]:
        paths.install(*spec["translated"])
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
