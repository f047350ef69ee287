"""Starts a product that serves, and stands beside it inside the sandbox.

argv: socket path or "-", port, then the product's command. Passes on the signals that the parent names on descriptor 3.
Where the product has a loopback of its own, leads connections from the Unix socket, which appears once the product
listens, to its port. Ends when the product ends, with its exit code as a shell gives it.

One thread does it all: threads count as processes, and their number is the product's limit, not the test's.
"""

import errno
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

path, port, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
CHUNK = 65536
CONNECTIONS_MAX = 110  # of two descriptors each, where 256 may be open; more wait to be accepted
LAST_BYTES_S = 2
watched = selectors.DefaultSelector()
connections = set()


def watch(stream, events, react):
    known = stream in watched.get_map()
    if known and events:
        watched.modify(stream, events, react)
    elif events:
        watched.register(stream, events, react)
    elif known:
        watched.unregister(stream)


class Way:
    """Bytes from one socket to the other. Reads on only when everything is passed on, so that it holds little."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.held, self.open = b"", True

    def read(self):
        try:
            self.held = self.source.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self.held = b""
        if not self.held:
            self.end()

    def write(self):
        try:
            self.held = self.held[self.target.send(self.held) :]
        except BlockingIOError:
            pass
        except OSError:
            self.end()

    def end(self):
        self.held, self.open = b"", False
        try:
            self.target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Connection:
    def __init__(self, outside):
        self.outside, self.inside, self.connected = outside, socket.socket(), False
        for stream in (self.outside, self.inside):
            stream.setblocking(False)
        self.asking, self.answering = Way(self.outside, self.inside), Way(self.inside, self.outside)
        connections.add(self)
        watch_listener()
        if self.inside.connect_ex(("127.0.0.1", port)) in (0, errno.EINPROGRESS):
            self.go_on()
        else:
            self.close()

    def go_on(self):
        if not (self.asking.open or self.answering.open):
            self.close()
            return
        for stream, own, other in ((self.outside, self.asking, self.answering), (self.inside, self.answering, self.asking)):
            reads = READ if self.connected and own.open and not own.held else 0
            writes = WRITE if other.held else 0
            connecting = stream is self.inside and not self.connected
            events = WRITE if connecting else reads | writes
            watch(stream, events, lambda happened, stream=stream: self.move(stream, happened))

    def move(self, stream, events):
        if self not in connections:
            return  # closed by what came just before
        if stream is self.inside and not self.connected:
            if self.inside.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self.close()
                return
            self.connected = True
        for way in (self.asking, self.answering):
            if way.source is stream and events & READ and way.open and not way.held:
                way.read()
            elif way.target is stream and events & WRITE and way.held:
                way.write()
        self.go_on()

    def close(self):
        connections.discard(self)
        for stream in (self.outside, self.inside):
            watch(stream, 0, None)
            stream.close()
        watch_listener()


def listens():
    """Looks it up, because a connection to try it out would be a request to the product."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as lines:
            for fields in map(str.split, lines):
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    return True
    return False


def open_listener():
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(1024)
    return listener


def watch_listener():
    events = READ if len(connections) < CONNECTIONS_MAX else 0
    watch(listener, events, lambda _: Connection(listener.accept()[0]))


def pass_signals(_):
    names = os.read(3, 4096)
    if not names:
        watch(3, 0, None)
    for name in names.split():
        product.send_signal(signal.Signals[name.decode()])


def wake_at_its_end():
    """The end of the product ends a wait for anything else."""
    end, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    watch(end, READ, lambda _: os.read(end, 4096))


def react(timeout):
    for key, events in watched.select(timeout):
        key.data(events)


wake_at_its_end()
try:
    product = subprocess.Popen(command, stdin=subprocess.DEVNULL)
except OSError as error:
    sys.exit(f"{command[0]}: {error.strerror}")
watch(3, READ, pass_signals)
listener = None
while product.poll() is None:
    react(0.02 if path != "-" and listener is None else None)
    if path != "-" and listener is None and listens():
        listener = open_listener()
        watch_listener()
# What the product sent before it ended is still on its way, unless a child of it holds the connection open.
deadline = time.monotonic() + LAST_BYTES_S
while any(connection.answering.open for connection in connections) and time.monotonic() < deadline:
    react(0.02)
sys.exit(128 - product.returncode if product.returncode < 0 else product.returncode)
