"""The nursery: a small process that forks readers in milliseconds, and knows how each one died.

A process with threads cannot fork safely, and a fresh interpreter takes longer to start than most
queries to answer. The nursery has loaded what a reader needs, has one thread, and does as it is
told over one socket, in commands of five bytes that are answered by lines:

    ->  R 0 and a descriptor   fork a reader that talks over the descriptor
    ->  K and a process id     kill that reader
    <-  born PID               in answer to R
    <-  died PID SIGNAL        SIGNAL is 0 if it ended by itself

When its socket closes, it kills its readers and ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from typing import NoReturn

from kg.store import reader, sandbox

_COMMAND = struct.Struct("!ci")
_DEATH_NOTICE = 2.0  # seconds within which the kernel and the nursery tell of a death


class Nursery:
    """The parent's end: makes readers, kills them, and tells what they died of."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        # In a session of its own, so that Ctrl-C reaches the service alone, which ends it in order.
        self.process = subprocess.Popen(  # noqa: S603  its words are our own
            [sys.executable, "-P", "-m", "kg.store.nursery", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            env=sandbox.frugal_environment(),
        )
        theirs.close()
        self._news = threading.Condition()
        self._born: list[int] = []
        self._died: dict[int, int] = {}
        self._making = threading.Lock()
        self.ended = False
        threading.Thread(target=self._listen, name="nursery", daemon=True).start()

    def make(self) -> tuple[int, Connection]:
        """Return a new reader's process id and the connection to it. Raises OSError."""
        ours, theirs = socket.socketpair()
        with ours, theirs, self._making:
            socket.send_fds(self._socket, [_COMMAND.pack(b"R", 0)], [theirs.fileno()])
            with self._news:
                self._news.wait_for(lambda: self._born or self.ended, timeout=30)
                if not self._born:
                    raise OSError("the nursery does not answer")
                pid = self._born.pop()
            return pid, Connection(ours.detach())

    def kill(self, pid: int) -> None:
        """Kill a reader, if it still lives."""
        with contextlib.suppress(OSError):
            self._socket.sendall(_COMMAND.pack(b"K", pid))

    def cause(self, pid: int) -> signal.Signals | None:
        """Return the signal that a reader died of; None if it ended by itself or is not dead."""
        with self._news:
            self._news.wait_for(lambda: pid in self._died or self.ended, timeout=_DEATH_NOTICE)
            number = self._died.pop(pid, 0)
        return signal.Signals(number) if number else None

    def close(self) -> None:
        """End the nursery and all readers."""
        self._socket.close()
        self.process.terminate()
        self.process.wait()

    def _listen(self) -> None:
        with contextlib.suppress(OSError), self._socket.makefile("r", encoding="ascii") as news:
            for line in news:
                what, *numbers = line.split()
                with self._news:
                    if what == "born":
                        self._born.append(int(numbers[0]))
                    else:
                        self._died[int(numbers[0])] = int(numbers[1])
                    self._news.notify_all()
        with self._news:
            self.ended = True
            self._news.notify_all()


class _Process:
    """The nursery's own end."""

    def __init__(self, parent: socket.socket) -> None:
        self._parent = parent
        self._children: set[int] = set()
        self._woken, self._waker = os.pipe()
        for end in (self._woken, self._waker):
            os.set_blocking(end, False)

    def run(self) -> None:
        """Fork readers on demand until the parent closes its end or ends."""
        signal.set_wakeup_fd(self._waker)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            while self._do_next():
                pass
        except ConnectionError:
            pass  # so it looks when the parent ends before it has read all the news
        finally:
            for pid in self._children:
                os.kill(pid, signal.SIGKILL)

    def _do_next(self) -> bool:
        """Wait for a command or a death, and see to it; return False at the end of the commands."""
        ready, _, _ = select.select([self._parent.fileno(), self._woken], [], [])
        if self._woken in ready:
            os.read(self._woken, 4096)
            self._reap()
        return self._parent.fileno() not in ready or self._obey()

    def _obey(self) -> bool:
        """Do what the next command says; return False at the end of the commands."""
        message, descriptors, _, _ = socket.recv_fds(self._parent, _COMMAND.size, 1)
        if len(message) < _COMMAND.size:
            return False
        command, pid = _COMMAND.unpack(message)
        if command == b"R":
            self._fork(descriptors[0])
        elif pid in self._children:
            os.kill(pid, signal.SIGKILL)
        return True

    def _fork(self, channel: int) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_reader(channel)
        os.close(channel)
        self._children.add(pid)
        self._parent.sendall(f"born {pid}\n".encode())

    def _become_reader(self, channel: int) -> NoReturn:
        os.setpgid(0, 0)  # so that all its threads can be slowed together
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._parent.close()
        os.close(self._woken)
        os.close(self._waker)
        try:
            reader.main(Connection(channel))
        finally:
            os._exit(0)

    def _reap(self) -> None:
        """Tell of every child that has ended."""
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._children.discard(pid)
            number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            with contextlib.suppress(OSError):
                self._parent.sendall(f"died {pid} {number}\n".encode())


if __name__ == "__main__":
    _Process(socket.socket(fileno=int(sys.argv[1]))).run()
