"""Tries to break out in the ways that matter and prints one JSON line for each: did it work?

Argument: JSON with the path of a planted secret, a path outside to write to, the parent's process id, a Unix socket
of the parent and a TCP port on which it listens (0: the loopback is shared by design).
"""

import json
import os
import socket
import sys

facts = json.loads(sys.argv[1])
NOWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))


def attempt(name, *actions):
    """Escaped when any of the actions raises nothing."""
    escaped = False
    for action in actions:
        try:
            action()
            escaped = True
        except OSError:
            pass
    print(json.dumps({"canary": name, "escaped": escaped}), flush=True)


def read(path):
    with open(path, "rb") as file:
        if not file.read(1):
            raise OSError("empty")


def create(path):
    with open(path, "wb") as file:
        file.write(b"x")


def open_for_writing(path):
    """Changes nothing even where it succeeds."""
    os.close(os.open(path, os.O_WRONLY))


def connect(address, family, port):
    with socket.socket(family, socket.SOCK_STREAM) as stream:
        stream.setblocking(False)
        try:
            stream.connect((address, port))
        except BlockingIOError:
            return  # a route exists: the packet is under way


def send(address, family):
    with socket.socket(family, socket.SOCK_DGRAM) as datagram:
        datagram.sendto(b"x", (address, 9))


def knock():
    if facts["port"] == 0:
        raise OSError("not tried")
    socket.create_connection(("127.0.0.1", facts["port"]), timeout=0.05).close()


def connect_unix():
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(facts["socket"])


def vsock():
    socket.socket(40, socket.SOCK_STREAM).close()


def fork_many():
    """300 children that stay; the limit must stop this long before."""
    reading, writing = os.pipe()
    children = []
    try:
        for _ in range(300):
            child = os.fork()
            if child == 0:
                os.close(writing)
                os.read(reading, 1)
                os._exit(0)
            children.append(child)
    finally:
        os.close(writing)
        for child in children:
            os.waitpid(child, 0)


print(json.dumps({"python": sys.version.split()[0]}), flush=True)
attempt(
    "read_secret",
    lambda: read(facts["secret"]),
    lambda: read("/proc/%d/environ" % facts["parent"]),
    lambda: read("/etc/shadow"),
)
attempt(
    "write_outside",
    lambda: create(facts["outside"]),
    lambda: open_for_writing("/usr/lib/os-release"),
    lambda: open_for_writing("/etc/hosts"),
)
attempt("tcp", knock, *(lambda a=a, f=f: connect(a, f, 9) for a, f in NOWHERE))
attempt("udp", *(lambda a=a, f=f: send(a, f) for a, f in NOWHERE))
attempt("unix_socket", connect_unix)
attempt("vsock", vsock)
attempt("signal_parent", lambda: os.kill(facts["parent"], 0))
attempt("fork_300", fork_many)
