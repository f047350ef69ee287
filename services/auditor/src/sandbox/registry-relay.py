"""Lets a package manager reach the registry gate: leads connections from a port of this sandbox's own 127.0.0.1 to a
Unix socket, and starts the command beside it.

argv: socket path, port, then the command. Ends when the command ends, with its exit code.
"""

import socket
import subprocess
import sys
import threading

path, port, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]


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


def lead(inside):
    outside = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        outside.connect(path)
    except OSError:
        inside.close()
        return
    threading.Thread(target=pump, args=(inside, outside), daemon=True).start()
    pump(outside, inside)
    inside.close()
    outside.close()


def serve(listener):
    while True:
        inside, _ = listener.accept()
        threading.Thread(target=lead, args=(inside,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", port))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
manager = subprocess.Popen(command, stdin=subprocess.DEVNULL)
code = manager.wait()
sys.exit(128 - code if code < 0 else code)
