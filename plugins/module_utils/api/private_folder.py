# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. A folder of the user's that nobody else can enter, for what is secret (docs/api.md#token-cache).

No symbolic link is followed, neither to the folder nor in it, and what is checked is what was opened, not what had the name before.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import typing as t


class UnusableError(Exception):
    """What isn't as it must be, for a message."""


class MissingError(UnusableError):
    """It isn't there."""


class PrivateFolder:
    """The folder `name`, opened; it is made when it isn't there. `user` is whose it must be. All methods raise UnusableError.

    What others can read, or could have written, is left as it is: somebody must look at it.
    """

    def __init__(self, name: str, user: int | None = None) -> None:
        self._user = os.geteuid() if user is None else user
        self._path = os.path.join(_place(self._user), name)
        try:
            handle = self._open_folder()
        except MissingError:
            with _named(self._path), contextlib.suppress(FileExistsError):  # somebody was quicker
                os.mkdir(self._path, 0o700)
            handle = self._open_folder()
        self._handle = self._checked(handle, self._path, stat.S_ISDIR)

    def _open_folder(self) -> int:
        with _named(self._path):
            return os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)

    def __enter__(self) -> PrivateFolder:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._handle)

    def open(self, name: str, flags: int) -> int:
        """A file that only the user can read."""
        flags |= os.O_NOFOLLOW | os.O_NOCTTY | os.O_NONBLOCK  # a pipe would make it wait for ever
        path = os.path.join(self._path, name)
        with _named(path):
            handle = os.open(name, flags, 0o600, dir_fd=self._handle)
        return self._checked(handle, path, stat.S_ISREG)

    def write(self, name: str, content: bytes) -> None:
        """All of it or nothing; what had the name before is replaced, not followed. For one process at a time."""
        new = f"{name}.new"
        self.remove(new)  # of a process that died
        handle = self.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            with _named(os.path.join(self._path, name)):
                with open(handle, "wb") as file:
                    file.write(content)
                os.replace(new, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)
        except UnusableError:
            self.remove(new)
            raise

    def remove(self, name: str) -> None:
        """A file that may have gone."""
        with contextlib.suppress(MissingError), _named(os.path.join(self._path, name)):
            os.unlink(name, dir_fd=self._handle)

    def shown(self, name: str) -> str:
        """A file's path, for a message."""
        return _shown(os.path.join(self._path, name))

    def _checked(self, handle: int, path: str, is_kind: t.Callable[[int], bool]) -> int:
        """`handle`, which is closed when it isn't what it must be."""
        status = os.fstat(handle)
        if not is_kind(status.st_mode):
            reason = "is no file"
        elif status.st_uid != self._user:
            reason = "belongs to another user"
        elif status.st_mode & 0o077:
            reason = f"is open to others (mode {stat.S_IMODE(status.st_mode):04o})"
        else:
            return handle
        os.close(handle)
        raise UnusableError(f"{_shown(path)} {reason}")


def _place(user: int) -> str:
    """Where such a folder is made."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "").rstrip("/")
    if os.path.isabs(runtime):
        with contextlib.suppress(OSError):  # as after su, which keeps the variable
            status = os.lstat(runtime)
            if stat.S_ISDIR(status.st_mode) and status.st_uid == user:
                return runtime
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.join(os.environ.get("HOME", ""), ".cache")
    cache = cache.rstrip("/")
    if not os.path.isabs(cache):
        raise UnusableError("neither XDG_RUNTIME_DIR nor HOME names a folder for it")
    with _named(cache):
        there = cache if os.path.lexists(cache) else os.path.dirname(cache)
        # sudo may keep HOME: nothing of root's goes into a user's.
        if os.stat(there).st_uid not in (user, 0):
            raise UnusableError(f"{_shown(there)} belongs to another user")
        with contextlib.suppress(FileExistsError):
            os.mkdir(cache, 0o700)
    return cache


@contextlib.contextmanager
def _named(path: str) -> t.Iterator[None]:
    """Errors of the system say what they are about."""
    try:
        yield
    except OSError as error:
        is_link = error.errno in (errno.ELOOP, errno.ENOTDIR) and os.path.islink(path)
        reason = "is a symbolic link" if is_link else f"can't be used ({error.strerror})"
        kind = MissingError if isinstance(error, FileNotFoundError) else UnusableError
        raise kind(f"{_shown(path)} {reason}") from None


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "replace")
