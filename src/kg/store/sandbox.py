"""What a process that runs other people's queries may not do: open sockets, or use all memory.

The engine opens connections for SERVICE and LOAD and has no switch against it, and no limit to what
it allocates. The kernel has both.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterator

from kg.errors import BadInput

# BPF instructions (linux/bpf_common.h) and answers of a filter (linux/seccomp.h).
_LOAD_WORD, _JUMP_IF_EQUAL, _JUMP_IF_GREATER_OR_EQUAL, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4  # in struct seccomp_data
_X32_FLAG = 0x40000000  # calls of the x32 interface have numbers from here on

# The audit architecture of a machine, and its numbers of the calls that make a socket: socket,
# socketpair, and io_uring_setup, whose rings can make one without a call of their own.
_CALLS = {
    "x86_64": (0xC000003E, (41, 53, 425)),
    "aarch64": (0xC00000B7, (198, 199, 425)),
}

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2

LIBRARIES = 512 * 1024 * 1024
"""Bytes that may be left out of what `limit_memory` counts."""


def forbid_sockets() -> bool:
    """Make every later attempt of this process to open a socket fail with EPERM.

    Return whether that is in force. It is on Linux for x86-64 and ARM64, without any privilege;
    elsewhere use `forbid_descriptors`. Cannot be undone. Call it before threads start.
    """
    known = _CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    program = _program(*known)
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of instructions of eight bytes, and where they are.
    filter_ = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, filter_, 0, 0) == 0)


def _program(architecture: int, calls: tuple[int, ...]) -> bytes:
    """Return a filter that refuses `calls`, and every call of another architecture."""
    refuse = len(calls) + 3  # place of the refusing instruction, counted from the first comparison
    instructions = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_IF_EQUAL, 0, refuse - 0, architecture),
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_GREATER_OR_EQUAL, refuse - 2, 0, _X32_FLAG),
        *((_JUMP_IF_EQUAL, refuse - 3 - place, 0, call) for place, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)


def forbid_descriptors() -> None:
    """Make every later attempt to open anything fail; for where sockets alone cannot be refused."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def allow_descriptors() -> None:
    """Take back `forbid_descriptors`."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def allow_files(least: int) -> int:
    """Have this process, and those it starts, open as many files as they are allowed to.

    Return how many that is. Raises BadInput where it is fewer than `least`.
    """
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < least:
        raise BadInput(
            f"the service needs to open {least} files at once, and only {allowed} are allowed; "
            f"raise the limit, such as by `ulimit -Hn {8 * least}`"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
    return allowed


def limit_memory(extra_bytes: int) -> None:
    """Let the address space of this process grow by `extra_bytes` from what it is now."""
    limit = _address_space() + extra_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit + LIBRARIES))


@contextlib.contextmanager
def uncounted() -> Iterator[None]:
    """Leave what is mapped meanwhile, such as a library, out of what `limit_memory` counts."""
    before = _address_space()
    try:
        yield
    finally:
        limit, most = resource.getrlimit(resource.RLIMIT_AS)
        if limit != most:
            more = max(0, _address_space() - before)
            resource.setrlimit(resource.RLIMIT_AS, (min(most, limit + more), most))


def frugal_environment() -> dict[str, str]:
    """Return the environment for a process that will live under `limit_memory`.

    glibc reserves 64 MiB of addresses for each thread that allocates, which would count as used.
    """
    return {**os.environ, "MALLOC_ARENA_MAX": "1"}


def _address_space() -> int:
    """Return the bytes that this process has mapped; 0 where the kernel does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, where the kernel offers it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
