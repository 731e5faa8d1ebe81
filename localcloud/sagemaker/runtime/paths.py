"""Paths below /opt/ml mean a job's folder in this interpreter: stdlib only, for where there is no mount namespace.

What takes a path in Python is replaced: `open`, the functions of `os` (and with them pathlib, shutil, glob, imports)
and the words and directories of subprocesses. Libraries that open files in their own native code are not reached.
"""

import builtins
import functools
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

# name of a function of `os` → how many of its first arguments are paths
_PATHS = {
    **dict.fromkeys(
        ("access", "chdir", "chmod", "chown", "lchown", "listdir", "lstat", "mkdir", "mkfifo", "open"), 1
    ),
    **dict.fromkeys(("pathconf", "readlink", "remove", "rmdir", "scandir", "stat", "statvfs", "truncate"), 1),
    **dict.fromkeys(("unlink", "utime", "getxattr", "setxattr", "listxattr", "removexattr"), 1),
    **dict.fromkeys(("link", "rename", "replace", "symlink"), 2),
}
_KEYWORDS = ("path", "src", "dst", "file")
# modules that hold `open` itself: `from builtins import open as …`
_HOLDERS = (("tarfile", "bltn_open"), ("bz2", "_builtin_open"), ("tokenize", "_builtin_open"))


def install(inside: str, outside: str) -> None:
    """From now on ``inside`` (/opt/ml) and what is below it mean ``outside`` and what is below that."""
    texts = re.compile(rf"(?<![\w/.-]){re.escape(inside)}(?=/|$|[^\w.-])")

    def path(value: Any) -> Any:
        if not isinstance(value, str | bytes | os.PathLike):
            return value
        given = os.fspath(value)
        old, new = (inside, outside) if isinstance(given, str) else (os.fsencode(inside), os.fsencode(outside))
        slash = "/" if isinstance(given, str) else b"/"
        if given == old or given.startswith(old + slash):  # type: ignore[operator, arg-type]
            return new + given[len(old) :]  # type: ignore[operator]
        return value

    def text(value: Any) -> Any:
        return texts.sub(lambda _: outside, value) if isinstance(value, str) else path(value)

    def with_paths(function: Callable[..., Any], count: int) -> Callable[..., Any]:
        @functools.wraps(function)
        def translated(*given: Any, **named: Any) -> Any:
            first = [path(value) for value in given[:count]]
            named = {name: path(value) if name in _KEYWORDS else value for name, value in named.items()}
            return function(*first, *given[count:], **named)

        for supported in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            if function in supported:
                supported.add(translated)
        return translated

    posix = sys.modules[os.name]  # where the import system finds them
    for name, count in _PATHS.items():
        if hasattr(os, name):
            translated = with_paths(getattr(os, name), count)
            setattr(os, name, translated)
            setattr(posix, name, translated)
    opened = with_paths(io.open, 1)
    builtins.open = io.open = sys.modules["_io"].open = opened  # type: ignore[attr-defined]
    io.open_code = sys.modules["_io"].open_code = with_paths(io.open_code, 1)  # type: ignore[attr-defined]
    for module, name in _HOLDERS:
        if module in sys.modules:
            setattr(sys.modules[module], name, opened)
    os.system = with_text(os.system, text)
    _translate_subprocesses(path, text)


def with_text(function: Callable[..., int], text: Callable[[Any], Any]) -> Callable[..., int]:
    """``function`` of a command line, in which paths are translated wherever they are."""
    return lambda command: function(text(command))


def _translate_subprocesses(path: Callable[[Any], Any], text: Callable[[Any], Any]) -> None:
    execute: Any = subprocess.Popen._execute_child  # type: ignore[attr-defined]

    @functools.wraps(execute)
    def translated(self: Any, args: Any, *more: Any) -> Any:
        executable, before, close, pass_fds, cwd, *rest = more
        words = text(args) if isinstance(args, str | bytes | os.PathLike) else [text(word) for word in args]
        return execute(self, words, path(executable), before, close, pass_fds, path(cwd), *rest)

    subprocess.Popen._execute_child = translated  # type: ignore[attr-defined]
