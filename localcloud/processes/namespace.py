"""A process that has folders of this machine at other paths too, as a container has its volumes: stdlib only.

Usage: ``namespace.py VIEW DIRECTORY PROGRAM ARGUMENT...``: become the program, in the view of the JSON object VIEW:

- places: path inside → folder or file outside that is to be seen there. What the path needs and the machine does not
  have is made in memory, for this process and its children alone. Without places there is no namespace.
- stage: an empty folder for that.
- network: false takes every network but the process's own loopback away.

Nothing of it is to be seen outside, and nothing remains when the last of these processes ends.

https://man7.org/linux/man-pages/man7/mount_namespaces.7.html and user_namespaces.7: root needs the capability
CAP_SYS_ADMIN, other users a kernel that lets them make a user namespace. The uid is the same inside and outside.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any, NoReturn

NOT_ENTERED = 125  # exit codes as Docker has them: its own failure, a program that cannot run, no such program
_CANNOT_RUN, _NOT_FOUND = 126, 127
_NEWNS, _NEWUSER, _NEWNET = 0x0002_0000, 0x1000_0000, 0x4000_0000
_BIND, _MOVE, _REC, _PRIVATE, _DETACH = 0x1000, 0x2000, 0x4000, 1 << 18, 2
_CAPABILITIES_V3 = 0x2008_0522
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1

View = dict[str, Any]


def enter(view: View) -> None:
    """Give this process, which may have one thread only, its own view of the machine.

    Raises:
        OSError: the system does not allow it; the message says at which step.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    stage: str = view["stage"]

    def call(step: str, code: int) -> None:
        if code != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{step}: {os.strerror(number)}")

    def mount(source: str, target: str, flags: int, kind: str = "") -> None:
        arguments = (source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), None)
        call(f"mount on {target}", libc.mount(*arguments))

    def bind(source: str, target: str) -> None:
        mount(source, target, _BIND | _REC)

    def place(path: str, source: str) -> None:
        parent = Path(path)
        while not parent.exists():
            parent = parent.parent
        if str(parent) == path:
            bind(source, path)
            return
        # A folder in memory takes the place of the parent, with all that the parent has
        mount("tmpfs", stage, 0, "tmpfs")
        Path(stage).chmod(parent.stat().st_mode & 0o7777)
        for entry in os.scandir(parent):
            copy = Path(stage, entry.name)
            if entry.is_symlink():
                copy.symlink_to(Path(entry.path).readlink())
                continue
            _make(copy, entry.is_dir())
            bind(entry.path, str(copy))
        target = Path(stage, Path(path).relative_to(parent))
        target.parent.mkdir(parents=True, exist_ok=True)
        _make(target, Path(source).is_dir())
        bind(source, str(target))
        if parent != Path("/"):
            mount(stage, str(parent), _MOVE)
            return
        os.chdir(stage)
        call("pivot_root", libc.pivot_root(b".", b"."))  # the old root lies on the new one, man 2 pivot_root
        call("umount of the old root", libc.umount2(b".", _DETACH))
        os.chdir("/")

    _unshare(libc, _NEWNS if view["network"] else _NEWNS | _NEWNET)
    mount("none", "/", _REC | _PRIVATE)
    for path, source in view["places"].items():
        place(path, source)
    if not view["network"]:
        _loopback()
    if os.geteuid() != 0:  # what made the mounts possible is not the script's: it is an ordinary user as before
        header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
        call("capset", libc.capset(header, (ctypes.c_uint32 * 6)()))


def _unshare(libc: ctypes.CDLL, flags: int) -> None:
    if libc.unshare(flags) == 0:
        return
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(_NEWUSER | flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")
    with contextlib.suppress(FileNotFoundError):  # before Linux 3.19
        Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _loopback() -> None:
    """A new network has a loopback interface that is down: man 7 netdevice."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = bytearray(struct.pack("16sH14x", b"lo", 0))
        fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request)
        (flags,) = struct.unpack_from("H", request, 16)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def _make(path: Path, folder: bool) -> None:
    """Something to mount on."""
    if folder:
        path.mkdir()
    else:
        path.touch()


def main() -> NoReturn:
    view, directory, *words = sys.argv[1:]
    try:
        if (given := json.loads(view))["places"]:
            enter(given)
        os.chdir(directory)
    except OSError as error:
        print(f"no mount namespace: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_ENTERED)
    _become(words)


def _become(words: list[str]) -> NoReturn:
    """Run the program in place of this process; exit codes as a shell has them when that fails."""
    try:
        os.execvp(words[0], words)  # noqa: S606 - the job's own command
    except OSError as error:
        print(f"{words[0]} cannot be started: {error.strerror}", file=sys.stderr)
        sys.exit(_NOT_FOUND if error.errno == errno.ENOENT else _CANNOT_RUN)


if __name__ == "__main__":
    main()
