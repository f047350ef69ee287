"""Stands outside of a sandbox and watches: what reaches it, what becomes of what it planted, what is left.

First line of stdin: JSON with what to plant. Each further line is a command; each line of stdout is JSON. This process
is itself the victim that a jailed one tries to kill and to read.
"""

import ctypes
import json
import os
import socket
import stat
import sys
import threading

VSOCK = 40
setting = json.loads(sys.stdin.readline())
secret, mark, folder = setting["secret"], setting["mark"], setting["folder"]
lock = threading.Lock()


def tell(**words):
    with lock:
        print(json.dumps(words), flush=True)


def watch(number, stream):
    """Whoever connects is told the secret, so that reaching this shows on both sides."""

    def accept():
        while True:
            try:
                other, _ = stream.accept()
                with other:
                    other.sendall(secret.encode())
            except OSError:
                pass
            tell(reached=number)

    stream.listen(64)
    threading.Thread(target=accept, daemon=True).start()


def watch_datagrams(number, stream):
    def receive():
        while True:
            if mark.encode() in stream.recv(65536):
                tell(reached=number)

    threading.Thread(target=receive, daemon=True).start()


def bound(family, kind, address, protocol=0):
    stream = socket.socket(family, kind, protocol)
    if family == socket.AF_INET6:
        stream.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    stream.bind(address)
    return stream


def listen_on_network():
    ports = {}
    for number in (1, 2, 3, 12, 47):
        stream = bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1" if number == 3 else "0.0.0.0", 0))
        ports[number] = stream.getsockname()[1]
        watch(number, stream)
    datagrams = bound(socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", 0))
    ports[4] = datagrams.getsockname()[1]
    watch_datagrams(4, datagrams)
    ports[6], ports[7] = 1, 1
    for number, family, address in ((6, socket.AF_INET6, ("::", 0)), (7, VSOCK, (0xFFFFFFFF, 0xFFFFFFFF))):
        try:
            stream = bound(family, socket.SOCK_STREAM, address)
            ports[number] = stream.getsockname()[1]
            watch(number, stream)
        except OSError:
            pass  # the machine has none, so nothing can come over it
    try:
        watch_datagrams(5, bound(socket.AF_INET, socket.SOCK_RAW, ("0.0.0.0", 0), socket.IPPROTO_ICMP))
    except OSError:
        pass  # only root may
    return ports


def plant():
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o777)
    path = os.path.join(folder, "secret")
    with open(path, "w", encoding="utf-8") as file:
        file.write(secret)
    watch(9, bound(socket.AF_UNIX, socket.SOCK_STREAM, b"\0" + mark.encode()))
    door = os.path.join(folder, "door")
    if os.path.exists(door):
        os.unlink(door)
    watch(10, bound(socket.AF_UNIX, socket.SOCK_STREAM, door))
    os.chmod(door, 0o777)


def text(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def pids():
    return [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


def marked():
    return [pid for pid in pids() if mark in text(f"/proc/{pid}/cmdline")]


def links(pid):
    try:
        return [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return []


def look():
    """Jailed processes as the kernel describes them."""
    wanted = ("Uid:", "NoNewPrivs:", "CapEff:", "CapBnd:", "Seccomp:")
    found = []
    for pid in marked():
        status = [" ".join(line.split()) for line in text(f"/proc/{pid}/status").splitlines()]
        interfaces = [line.split(":")[0].strip() for line in text(f"/proc/{pid}/net/dev").splitlines()[2:]]
        found.append({
            "program": os.path.basename(text(f"/proc/{pid}/cmdline").split("\0")[0]),
            "status": [line for line in status if line.startswith(wanted)],
            "interfaces": interfaces,
            "routes": text(f"/proc/{pid}/net/route").splitlines()[1:],
            "anonymous": [link for link in links(pid) if link.startswith("anon_inode:")],
        })  # fmt: skip
    return found


def below(root):
    found = []
    for path, folders, names in os.walk(root):
        found += [os.path.join(path, name) for name in folders + names]
    return sorted(found)


def left(roots):
    """What a job could leave behind: processes, files, mounts, sockets."""
    mounts = text("/proc/self/mountinfo").splitlines()
    for pid in pids():
        mounts += [line for line in text(f"/proc/{pid}/mountinfo").splitlines() if any(root in line for root in roots)]
    sockets = [line.split()[-1] for line in text("/proc/net/unix").splitlines() if mark in line]
    listening = [line.split()[1] for line in text("/proc/net/tcp").splitlines() if " 0A " in line and ":4A37 " in line]
    return {
        "processes": [text(f"/proc/{pid}/cmdline")[-200:] for pid in marked()],
        "files": [path for root in roots for path in below(root)],
        "mounts": sorted(mounts),
        "sockets": sorted(sockets) + listening,
    }


def planted():
    """What became of what was planted here."""
    path = os.path.join(folder, "secret")
    tracer = [line for line in text("/proc/self/status").splitlines() if line.startswith("TracerPid")]
    return {
        "files": sorted(os.listdir(folder)),
        "secret": text(path),
        "links": os.stat(path).st_nlink,
        "mode": stat.S_IMODE(os.stat(path).st_mode),
        "tracer": tracer,
        "core_pattern": text("/proc/sys/kernel/core_pattern"),
    }


ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # any process of this user may trace this one, where Yama would not let it
ports = listen_on_network() if setting["network"] else {}
plant()
tell(ports=ports, pid=os.getpid())
for line in sys.stdin:
    command = json.loads(line)
    if command["do"] == "look":
        tell(look=look())
    elif command["do"] == "left":
        tell(left=left(command["roots"]))
    else:
        tell(planted=planted())
