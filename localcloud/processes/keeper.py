"""Run a command, and end all that it has started when it ends: run by file, standard library only.

Usage: ``python -I -S keeper.py LIFELINE_FD PROGRAM ARGUMENT...``. It ends as the program ends. The end of the lifeline,
a pipe or socket whose other end the parent holds, ends the program at once: the parent wants that, or is gone.

A process group, or a session, is what a child can leave. Its ancestors it cannot choose: on Linux the keeper is the
"subreaper" of everything below it (prctl(2), PR_SET_CHILD_SUBREAPER), so an orphan becomes its child, and nothing is
left when it has no children any more. Elsewhere it ends the program's process group.
"""

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
from typing import NoReturn

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36


def main() -> NoReturn:
    lifeline, command = int(sys.argv[1]), sys.argv[2:]
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the parent may hold signals back
    adopt_orphans()
    pid = os.fork()
    if pid == 0:
        os.close(lifeline)
        end_with_parent()
        lead_group()
        try:
            os.execvp(command[0], command)  # noqa: S606 - a shell is what it may be
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
            os._exit(127)
    let_go(keep=lifeline)
    leave(watch(pid, lifeline))


def adopt_orphans() -> None:
    """Become the parent of every orphan below this process."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """Be killed when the parent ends. Only for a parent with one thread: what counts is the end of that thread."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def lead_group(pid: int = 0) -> None:
    """Give the process a group of its own; parent and child both say so, for either may be first."""
    with contextlib.suppress(PermissionError, ProcessLookupError):  # it has become another program; it has ended
        os.setpgid(pid, pid)


def let_go(keep: int) -> None:
    """Close what a parent inherited for its child alone, so that a pipe ends with the child."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - pathlib takes longer to import than all of this
        if int(name) not in (0, 1, 2, keep):
            with contextlib.suppress(OSError):  # that of the listing itself
                os.close(int(name))


def watch(pid: int, lifeline: int) -> int:
    """Wait until the child ``pid`` or the lifeline ends, then end everything below this process.

    Signals are passed on to the child's group meanwhile. Returns the child's wait status.
    """
    lead_group(pid)
    wakened, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in FORWARDED:
        signal.signal(number, lambda number, _: _signal_group(pid, number))
    while (status := reap(pid)) is None:
        ready, _, _ = select.select([lifeline, wakened], [], [])
        if lifeline in ready:
            break
        os.read(wakened, 4096)
    _signal_group(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):  # none is left
        while True:
            kill_children()
            ended = os.waitpid(-1, 0)  # its own children are ours from now on
            status = ended[1] if ended[0] == pid else status
    return signal.SIGKILL if status is None else status


def reap(pid: int) -> int | None:
    """Let go of children that have ended; the wait status of ``pid`` when it is one of them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            if ended[0] == pid:
                found = ended[1]
    return found


def kill_children() -> None:
    """Kill the processes whose parent this one is, by /proc; none where there is no such thing."""
    own = os.getpid()
    for name in filter(str.isdecimal, os.listdir("/proc") if os.path.isdir("/proc") else ()):  # noqa: PTH112, PTH208
        with contextlib.suppress(OSError):  # it has ended meanwhile
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                told = file.read()
            # pid (name) state parent …, and a name may have brackets
            if int(told.rpartition(b")")[2].split()[1]) == own:
                os.kill(int(name), signal.SIGKILL)


def leave(status: int) -> NoReturn:
    """End as a child with this wait status has ended."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # one core file is enough
        with contextlib.suppress(OSError):  # SIGKILL has no other handler
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)


if __name__ == "__main__":
    main()
