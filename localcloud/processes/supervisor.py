"""Commands that end within two seconds of a signal, at any moment, and leave nothing.

A process can only promise that of another: what a command is doing, an import, a lock, a library's loop, may not hear a
signal for long. So it runs in a fork, and its parent does nothing but wait. A signal asks the command to end, as a
KeyboardInterrupt; what runs after the grace is killed, and so is all that the command has started (on Linux, where an
orphan can be had for a child). Temporary files lie in a folder that goes with it.
"""

import contextlib
import importlib
import logging
import mmap
import os
import select
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from localcloud.processes import keeper
from localcloud.processes.folders import TemporaryFolder

GRACE_SECONDS = 1.0
KILL_SECONDS = 5.0  # until we give up on what SIGKILL does not end, a disk that does not answer
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}
NOTHING = "nothing is left running"
SHOW_CURSOR = "\x1b[?25h"
BROKEN_PIPE = 128 + signal.SIGPIPE  # exit status of a program whose reader went away, as shells tell it

_remains: mmap.mmap | None = None  # shared with the parent: the bytes of a sentence, then zeros


def supervise(name: str, command: str) -> NoReturn:
    """Run a function, which exits or returns an exit status, in a child process, and end as it ends.

    Exit status 130, 143 or 129 after SIGINT, SIGTERM or SIGHUP, with a line that says so and what remains.

    Args:
        name: of the command, for that line.
        command: ``module:function``, imported in the child only.
    """
    global _remains  # noqa: PLW0603 - one command a process
    signal.pthread_sigmask(signal.SIG_BLOCK, WORDS)
    heard = {number for number in WORDS if signal.getsignal(number) != signal.SIG_IGN}  # nohup, or a shell's "&"
    keeper.adopt_orphans()
    _remains = mmap.mmap(-1, mmap.PAGESIZE)
    try:
        folder = TemporaryFolder(name.rpartition(" ")[2])
    except (OSError, RuntimeError) as error:
        sys.exit(f"{name}: no temporary files: {error}")
    pid = os.fork()
    if pid == 0:
        keeper.end_with_parent()
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder.path)
        _be_command(command, heard)
    status, number = _wait(pid, heard)
    left = _end_all(pid)
    folder.remove()
    if number is None and status is not None and os.WIFEXITED(status):
        sys.exit(_unread(os.waitstatus_to_exitcode(status)))
    code = signal.Signals(number or (os.WTERMSIG(status) if status is not None else signal.SIGKILL))
    what = WORDS.get(code, f"killed by {code.name}")
    _say(f"{name}: {what}; {_left(left)}")
    sys.exit(128 + code)


@contextlib.contextmanager
def remaining(what: str) -> Iterator[None]:
    """While the block runs, an interruption leaves this behind, and the command's last line says so.

    A block within another says nothing: what is left of a job whose cloud is gone is what is left of the cloud.
    """
    if _told():
        yield
        return
    _tell(what)
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException:
        _tell("")
        raise
    _tell("")


def interrupted() -> bool:
    """Whether a signal has asked this command to end."""
    return _interrupted


def _be_command(command: str, heard: set[signal.Signals]) -> NoReturn:
    """Import it, where a signal may end the process at once, and run it, where it is a KeyboardInterrupt."""
    for number in heard:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WORDS)
    module, _, function = command.partition(":")
    main = getattr(importlib.import_module(module), function)
    for number in heard:
        signal.signal(number, _interrupt)
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(BROKEN_PIPE)
    finally:
        written = _flush()
        if interrupted():  # whatever it became on its way here; threads may still be at work
            os._exit(0)
        if not written:
            sys.exit(1)


_interrupted = False


def _flush() -> bool:
    """Whether all that was printed could be written."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for the interpreter's own last flush
        return False
    return True


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """A second signal may come at any line of this, and interrupts it: it takes no lock, such as that of an Event."""
    global _interrupted  # noqa: PLW0603 - of this process
    _interrupted = True
    for other in WORDS:
        signal.signal(other, signal.SIG_IGN)  # once is enough
    # What else fails because of it is no news
    sys.unraisablehook = lambda _: None
    threading.excepthook = lambda _: None
    logging.disable()
    raise KeyboardInterrupt


def _wait(pid: int, heard: set[signal.Signals]) -> tuple[int | None, int | None]:
    """The wait status of the command, None if it does not end in time, and the signal that asked it to."""
    asked: int | None = None
    signal.signal(signal.SIGCHLD, lambda *_: None)  # by default it does not wait
    expected = {*heard, signal.SIGCHLD, signal.SIGALRM}
    signal.pthread_sigmask(signal.SIG_BLOCK, expected)
    while (status := keeper.reap(pid)) is None:
        number = signal.sigwait(expected)
        if number == signal.SIGALRM:
            break
        if number != signal.SIGCHLD and asked is None:
            asked = number
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
            os.kill(pid, number)
    if asked is None and (pending := signal.sigpending() & heard):
        asked = min(pending)
    return status, asked


def _end_all(pid: int) -> bool:
    """Kill what is still there; whether nothing is left."""
    deadline = time.monotonic() + KILL_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    while time.monotonic() < deadline:
        keeper.kill_children()
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return True
        time.sleep(0.002)
    return False


def _left(nothing: bool) -> str:
    if told := _told():
        return told
    return NOTHING if nothing else "some of its processes do not end"


def _say(line: str) -> None:
    """Also to a terminal whose cursor the command has hidden."""
    with contextlib.suppress(OSError):  # it is gone
        if os.isatty(2):
            line = f"{SHOW_CURSOR}\r{line}"
        os.write(2, f"{line}\n".encode())


def _unread(code: int) -> int:
    """The exit status, or that of a broken pipe when the command failed and nobody reads what it says."""
    poll = select.poll()
    poll.register(1, 0)
    gone = any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    return BROKEN_PIPE if gone and code else code


def _tell(what: str) -> None:
    if _remains is not None:
        _remains[:] = what.encode()[: mmap.PAGESIZE].ljust(mmap.PAGESIZE, b"\0")


def _told() -> str:
    return "" if _remains is None else _remains[:].rstrip(b"\0").decode(errors="replace")
