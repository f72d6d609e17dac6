# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. The access token that all tasks of a user on a machine share (docs/api.md#token-cache).

What isn't as it must be is neither trusted nor an error: the token then stays in memory, with a warning.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import typing as t

from .checks import LONGEST, ONE_WORD
from .connection_options import ConnectionOptions
from .notices import Notices
from .private_folder import MissingError, PrivateFolder, UnusableError

try:
    import fcntl
except ImportError:  # a system that Ansible doesn't run on; scripts may
    HAS_LOCKS = False
else:
    HAS_LOCKS = True

FOLDER = "cegedim.cloud-tokens"
SCHEMA = 1
LARGEST = 65_536  # bytes of a file; no header carries more
LONGEST_WAIT = 10.0  # seconds for the lock: more than a token takes, less than the pauses that a service may ask for
POLL = 0.02
SALT = 32  # bytes
ROUNDS = 20_000  # of the hash in a file's name: some 5 ms

_T = t.TypeVar("_T")


class CachedToken(t.NamedTuple):
    """`lifetime` is the whole of it, `left` what is left of it."""

    access: str
    lifetime: float
    left: float


class TokenCache:
    """One account's token, in a file of its own. No method fails: when something is wrong, the user is told once, and nothing is done any more.

    `pause` sleeps, and answers False when there is no time for that.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        notices: Notices,
        pause: t.Callable[[float], bool],
        *,
        now: t.Callable[[], float] = time.time,
    ) -> None:
        self._options = options
        self._notices = notices
        self._pause = pause
        self._now = now
        self._salt_and_name = (b"", "")
        self._waited = 0.0
        self._given_up = False

    def read(self) -> CachedToken | None:
        """The token, when there is one that lives."""
        return self._in_folder(self._read)

    def store(self, access: str, lifetime: float, age: float) -> None:
        """Only for who has the lock. `age` is how long ago it was asked for."""
        got = self._now() - age
        self._in_folder(lambda folder: self._store(folder, access, got, got + lifetime))

    def discard(self, access: str) -> None:
        """Removes the token, unless another has replaced it."""
        with self.locked() as is_locked:
            token = self.read() if is_locked else None
            if token is not None and token.access == access:
                self._in_folder(lambda folder: folder.remove(self._name(folder)))

    @contextlib.contextmanager
    def locked(self) -> t.Iterator[bool]:
        """While one asks for a token the others wait for it, but not for long. Whether the lock was had."""
        handle = self._in_folder(self._lock)
        try:
            yield handle is not None
        finally:
            if handle is not None:
                os.close(handle)  # which releases the lock, as the end of the process does

    def _in_folder(self, work: t.Callable[[PrivateFolder], _T]) -> _T | None:
        if self._given_up:
            return None
        try:
            if not HAS_LOCKS:
                raise UnusableError("this system has no locks for files")
            with PrivateFolder(FOLDER) as folder:
                return work(folder)
        except UnusableError as error:
            self._give_up(str(error))
        except OSError as error:
            self._give_up(f"the system says {error.strerror or error}")
        return None

    def _give_up(self, reason: str) -> None:
        self._given_up = True
        self._notices.warn(
            f"The access token isn't shared with other tasks: {reason}. Each of them asks for a token of its own, which costs time "
            "and nothing else. Mend that, or set token_cache (ITCARE_TOKEN_CACHE) to false."
        )

    # -- the name -----------------------------------------------------------------------------------------------------

    def _name(self, folder: PrivateFolder) -> str:
        """As it is made of a secret, it is salted, so that it tells nothing, and slow, should the salt be known as well."""
        salt = self._salt(folder)
        if self._salt_and_name[0] != salt:
            options = self._options
            account = [options.token_url, options.client_id, options.client_secret]
            # What was got without a look at the certificate isn't for those who look.
            identity = json.dumps([*account, options.validate_certs]).encode()
            name = hashlib.pbkdf2_hmac("sha256", identity, salt, ROUNDS, 16).hex()
            self._salt_and_name = (salt, name)
        return self._salt_and_name[1]

    def _salt(self, folder: PrivateFolder) -> bytes:
        handle = folder.open("salt", os.O_RDWR | os.O_CREAT)
        try:
            salt = os.pread(handle, SALT + 1, 0)
            if len(salt) != SALT and self._has_locked(handle):  # a new file, or a spoilt one
                salt = os.pread(handle, SALT + 1, 0)  # somebody else may have been quicker
                if len(salt) != SALT:
                    salt = os.urandom(SALT)
                    os.ftruncate(handle, 0)
                    os.pwrite(handle, salt, 0)
        finally:
            os.close(handle)
        if len(salt) != SALT:
            raise UnusableError(f"{folder.shown('salt')} is locked")
        return salt

    # -- the lock -----------------------------------------------------------------------------------------------------

    def _lock(self, folder: PrivateFolder) -> int | None:
        # The file is never removed: two processes would have a lock each.
        handle = folder.open(f"{self._name(folder)}.lock", os.O_RDWR | os.O_CREAT)
        try:
            has_locked = self._has_locked(handle)
        except OSError:
            os.close(handle)
            raise
        if has_locked:
            return handle
        os.close(handle)
        self._notices.remark(
            "Another task has been asking for a token for a while. This one asks itself, and keeps its token to itself."
        )
        return None

    def _has_locked(self, handle: int) -> bool:
        """Who has waited in vain doesn't wait again: the one who has the lock may be suspended."""
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._waited >= LONGEST_WAIT or not self._pause(POLL):
                    return False
                self._waited += POLL
            else:
                self._waited = 0.0
                return True

    # -- the token ----------------------------------------------------------------------------------------------------

    def _read(self, folder: PrivateFolder) -> CachedToken | None:
        name = self._name(folder)
        try:
            handle = folder.open(name, os.O_RDONLY)
        except MissingError:
            return None
        with open(handle, "rb") as file:
            content = file.read(LARGEST + 1)
        try:
            return self._token_in(content, name)
        except _DoubtfulError as error:
            reason = str(error)
        except (ValueError, RecursionError):
            reason = "it can't be read"
        self._notices.warn(
            f"The access token in {folder.shown(name)} isn't used, as {reason}. The next one replaces it."
        )
        return None

    def _token_in(self, content: bytes, name: str) -> CachedToken | None:
        """What is read is trusted no more than what the token endpoint answers."""
        if len(content) > LARGEST:
            raise _DoubtfulError("the file is too large")
        data = json.loads(content)
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise _DoubtfulError("it is of another release or kind")
        if data.get("identity") != name:
            raise _DoubtfulError("it is another account's")
        access, got, ends = data.get("access_token"), data.get("got"), data.get("ends")
        if not isinstance(access, str) or not ONE_WORD.fullmatch(access):
            raise _DoubtfulError("it is no token")
        if not isinstance(got, float) or not isinstance(ends, float):
            raise _DoubtfulError("its end isn't told")
        if not 0 < ends - got <= LONGEST:
            raise _DoubtfulError("its end can't be right")
        now = self._now()
        if now < got:
            raise _DoubtfulError("it is from the future: the clock has been set back")
        return CachedToken(access, ends - got, ends - now) if now < ends else None

    def _store(self, folder: PrivateFolder, access: str, got: float, ends: float) -> None:
        name = self._name(folder)
        data = {"schema": SCHEMA, "identity": name, "access_token": access}
        content = json.dumps({**data, "got": float(got), "ends": float(ends)}).encode()
        if len(content) > LARGEST:
            raise UnusableError("the token is too long")
        folder.write(name, content)


class _DoubtfulError(Exception):
    """Why a file's content isn't trusted."""
