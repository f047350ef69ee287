"""Starts a product that serves, and stands beside it inside the sandbox.

argv: socket path or "-", port, then the product's command. Passes on each signal that the parent names in a line on
descriptor 3. Where the product has a loopback of its own, leads connections from the Unix socket, which appears once the
product listens, to its port. Ends when the product ends, with its exit code as a shell gives it.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

path, port, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
LAST_BYTES_S = 2
answering = set()


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def lead(outside):
    try:
        inside = socket.create_connection(("127.0.0.1", port), timeout=5)
    except OSError:
        outside.close()
        return
    inside.settimeout(None)
    threading.Thread(target=pump, args=(outside, inside), daemon=True).start()
    answering.add(threading.current_thread())
    pump(inside, outside)
    answering.discard(threading.current_thread())


def listens():
    """Looks it up, because a connection to try it out would be a request to the product."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as lines:
            for fields in map(str.split, lines):
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    return True
    return False


def lead_connections():
    while not listens():
        time.sleep(0.02)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(64)
    while True:
        outside, _ = listener.accept()
        threading.Thread(target=lead, args=(outside,), daemon=True).start()


def pass_signals():
    with open(3, encoding="ascii") as names:
        for name in names:
            product.send_signal(signal.Signals[name.strip()])


def deliver_last_bytes():
    """What the product sent before it ended is still on its way, unless a child of it holds the connection open."""
    deadline = time.monotonic() + LAST_BYTES_S
    for thread in list(answering):
        thread.join(max(0, deadline - time.monotonic()))


try:
    product = subprocess.Popen(command, stdin=subprocess.DEVNULL)
except OSError as error:
    sys.exit(f"{command[0]}: {error.strerror}")
threading.Thread(target=pass_signals, daemon=True).start()
if path != "-":
    threading.Thread(target=lead_connections, daemon=True).start()
code = product.wait()
deliver_last_bytes()
sys.exit(128 - code if code < 0 else code)
