"""Tries to get out of a sandbox, in one process, and prints a JSON line for each escape: how often it was tried, and
what seemed to work. What counts is what the outside saw; these lines prove that each escape was tried.

argv: "try", and JSON with what lies outside; "leave": leaves things for the next run; "next": looks for them.
"""

import array
import ctypes
import io
import json
import os
import platform
import resource
import signal
import socket
import stat
import struct
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile

OWN = ("/work", "/tmp", "/dev/shm")
SYSCALLS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "pidfd_getfd": (438, 438), "io_uring_setup": (425, 425),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217),
    "keyctl": (250, 219), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "fsopen": (430, 430), "open_tree": (428, 428), "move_mount": (429, 429),
    "open_by_handle_at": (304, 265), "clock_settime": (227, 112), "settimeofday": (164, 170),
}  # fmt: skip
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    """A system call by its number, past whatever the C library does; raises where the kernel refuses."""
    number = SYSCALLS[name][0 if platform.machine() == "x86_64" else 1]
    result = libc.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


class Escape:
    def __init__(self, number):
        self.number, self.tries, self.worked = number, 0, []

    def attempt(self, name, action):
        """Worked when `action` raises nothing and returns nothing false."""
        self.tries += 1
        try:
            if action() is not False:
                self.worked.append(name)
        except Exception as error:  # whatever refuses is as good as another
            del error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        print(json.dumps({"escape": self.number, "tries": self.tries, "worked": self.worked}), flush=True)


def read(path):
    with open(path, "rb") as file:
        text = file.read(4096)
    print("read", path, repr(text), flush=True)
    return False  # the outside looks for its secrets in what was printed


def open_for_writing(path, flags=os.O_WRONLY):
    """Changes nothing even where it succeeds."""
    os.close(os.open(path, flags, 0o755))


def create(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"echo {facts['mark']}\n")
    return not os.path.realpath(path).startswith(OWN)


def connect(address, port, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as stream:
        stream.settimeout(0.3)
        stream.connect((address, port))
        stream.sendall(facts["mark"].encode())
        print(stream.recv(200))


def has_route(address, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as stream:
        stream.setblocking(False)
        try:
            stream.connect((address, 80))
        except BlockingIOError:
            return  # the packet is under way


def send(address, port, family=socket.AF_INET, kind=socket.SOCK_DGRAM, protocol=0):
    with socket.socket(family, kind, protocol) as datagram:
        datagram.sendto(facts["mark"].encode(), (address, port))


def echo_request(kind):
    """An ICMP echo request with its checksum."""
    body = facts["mark"].encode()
    body += b"\0" * (len(body) % 2)
    total = sum(struct.unpack(f"!{4 + len(body) // 2}H", struct.pack("!BBHHH", 8, 0, 0, 1, 1) + body))
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    for address in facts["addresses"]:
        with socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP) as raw:
            raw.sendto(struct.pack("!BBHHH", 8, 0, checksum, 1, 1) + body, (address, 0))


def network():
    ports, addresses = facts["ports"], facts["addresses"]
    with Escape(1) as escape:
        for address in addresses:
            escape.attempt(address, lambda a=address: connect(a, ports["1"]))
        for address in ("192.0.2.1", "1.1.1.1"):
            escape.attempt(address, lambda a=address: has_route(a))
    with Escape(2) as escape:
        for address in ("postgres", *addresses):
            escape.attempt(address, lambda a=address: connect(a, ports["2"]))
            escape.attempt(address, lambda a=address: connect(a, 5432))
    with Escape(3) as escape:
        for address in ("127.0.0.1", "localhost", "host.docker.internal", *addresses):
            escape.attempt(address, lambda a=address: connect(a, ports["3"]))
    with Escape(4) as escape:
        for address in addresses:
            escape.attempt(address, lambda a=address: send(a, ports["4"]) if a[:4] != "127." else False)
        for resolver in ("8.8.8.8", "192.0.2.53"):
            escape.attempt(resolver, lambda a=resolver: send(a, 53))
        escape.attempt("name", lambda: socket.getaddrinfo(f"{facts['mark']}.example.com", 80))
        send_quietly("127.0.0.1", ports["4"])
    with Escape(5) as escape:
        escape.attempt("raw", lambda: echo_request(socket.SOCK_RAW))
        escape.attempt("ping", lambda: echo_request(socket.SOCK_DGRAM))
        escape.attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close())
        escape.attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close())
    with Escape(6) as escape:
        for address in ("::1", *facts["addresses6"]):
            escape.attempt(address, lambda a=address: connect(a, ports["6"], socket.AF_INET6))
        escape.attempt("documentation", lambda: has_route("2001:db8::1", socket.AF_INET6))
    with Escape(7) as escape:
        for cid in (1, 2, 3):
            escape.attempt(str(cid), lambda c=cid: connect(c, ports["7"], 40))
    with Escape(8) as escape:
        escape.attempt("ipv4", lambda: has_route("169.254.169.254"))
        escape.attempt("ipv6", lambda: has_route("fd00:ec2::254", socket.AF_INET6))
        escape.attempt("body", lambda: connect("169.254.169.254", 80))


def send_quietly(address, port):
    """The private loopback takes anything; the outside must not have got it."""
    try:
        send(address, port)
    except OSError:
        pass


def connect_unix(address, say=b"POST /environment HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"):
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(0.5)
        stream.connect(address)
        stream.sendall(say)
        print(stream.recv(2000))


def foreign_descriptors():
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # it was the listing's own
        if int(name) > 2 and target != "/dev/null":
            print(name, target, os.pread(int(name), 200, 0) if target.startswith("/") else "")
            return True
    return False


def take_descriptor(descriptor):
    with socket.socket(fileno=os.dup(descriptor)) as stream:
        stream.setblocking(False)
        _, control, _, _ = stream.recvmsg(1, socket.CMSG_SPACE(64))
        for level, kind, data in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                print(os.pread(array.array("i", data[:4])[0], 200, 0))
                return True
    return False


def by_proxy():
    handler = urllib.request.ProxyHandler({"http": f"http://{facts['addresses'][0]}:{facts['ports']['12']}"})
    urllib.request.build_opener(handler).open("http://example.com/", timeout=0.3)


def sockets():
    with Escape(9) as escape:
        for name in facts["abstract"]:
            escape.attempt(name, lambda n=name: connect_unix(b"\0" + n.encode()))
    with Escape(10) as escape:
        for path in facts["sockets"]:
            escape.attempt(path, lambda p=path: connect_unix(p))
    with Escape(11) as escape:
        escape.attempt("inherited", foreign_descriptors)
        for descriptor in range(10):
            escape.attempt(f"rights over {descriptor}", lambda d=descriptor: take_descriptor(d))
    with Escape(12) as escape:
        escape.attempt("given", lambda: any(name.lower().endswith("_proxy") for name in os.environ))
        escape.attempt("own", by_proxy)


def hostile_tar():
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        def member(name, kind=tarfile.REGTYPE, link="", mode=0o644):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.mode, entry.size = kind, link, mode, 1 if kind == tarfile.REGTYPE else 0
            entry.devmajor, entry.devminor = 1, 1
            tar.addfile(entry, io.BytesIO(b"x"))

        for folder in facts["folders"]:
            member(f"../../../../../..{folder}/tar-up")
            member(f"{folder}/tar-absolute")
            member(f"way{len(folder)}", tarfile.SYMTYPE, folder)
            member(f"way{len(folder)}/tar-through-link")
        member("memory", tarfile.CHRTYPE)
        member("setuid", mode=0o4755)
    archive.seek(0)
    return tarfile.open(fileobj=archive)


def unpack_tar():
    os.makedirs("/work/tar", exist_ok=True)
    with hostile_tar() as tar:
        for entry in tar:
            try:
                tar.extract(entry, "/work/tar", **({"filter": "fully_trusted"} if hasattr(tarfile, "data_filter") else {}))
            except Exception as error:
                del error
    return os.path.exists("/work/tar/memory")


def unpack_zip():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for folder in facts["folders"]:
            packed.writestr(f"../../../../../..{folder}/zip-slip", "x")
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():  # as the careless do it, by joining the names
            create(os.path.join("/work/zip", name))
    return False


def link_to_link(number):
    os.link(f"/work/link{number}", f"/work/hard-{number}")
    return read(f"/work/hard-{number}")


def files():
    with Escape(13) as escape:
        for at, path in enumerate(facts["secrets"]):
            os.symlink(path, f"/work/link{at}")
            escape.attempt(path, lambda p=path: read(p))
            escape.attempt(f"link to {path}", lambda n=at: read(f"/work/link{n}"))
        for at, folder in enumerate(facts["folders"]):
            os.symlink(folder, f"/work/folder{at}")
            escape.attempt(folder, lambda n=at: create(f"/work/folder{n}/through-link"))
            escape.attempt(folder, lambda f=folder: create(f"{f}/straight"))
    with Escape(14) as escape:
        for at, path in enumerate(facts["secrets"]):
            escape.attempt(path, lambda p=path, n=at: os.link(p, f"/work/hard{n}"))
            escape.attempt(f"link to {path}", lambda n=at: link_to_link(n))
    with Escape(15) as escape:
        escape.attempt("device", unpack_tar)
        escape.attempt("mknod", lambda: os.mknod("/work/node", stat.S_IFCHR | 0o666, os.makedev(1, 1)))
    with Escape(16) as escape:
        escape.attempt("joined", unpack_zip)
    with Escape(17) as escape:
        for path in (*facts["sources"], "/proc/1/cwd/package.json", "/proc/self/root/app/package.json"):
            escape.attempt(path, lambda p=path: read(p))
    with Escape(18) as escape:
        for path in ("/usr/bin/python3", "/usr/bin/env", "/bin/sh", sys.executable, *facts["programs"]):
            escape.attempt(path, lambda p=path: open_for_writing(p))
        for folder in ("/usr/bin", "/usr/local/bin", "/usr/lib/python3", "/aura", "/app", "/etc"):
            escape.attempt(folder, lambda f=folder: open_for_writing(f"{f}/{facts['mark']}", os.O_WRONLY | os.O_CREAT))
    with Escape(19) as escape:
        for folder in ("/product", "/dependencies", "/", "/app", "/scratch", *facts["folders"]):
            for name in (".git/hooks/post-checkout", ".git/config", ".npmrc", ".vscode/tasks.json", "sitecustomize.py"):
                escape.attempt(f"{folder}/{name}", lambda p=f"{folder}/{name}": create(p))


def attach(pid):
    call("ptrace", 16, pid, 0, 0)
    call("ptrace", 17, pid, 0, 0)


def read_memory(pid):
    buffer = ctypes.create_string_buffer(64)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
    remote = (ctypes.c_void_p * 2)(0x400000, 64)
    call("process_vm_readv", pid, local, 1, remote, 1, 0)


def others():
    """Where /proc cannot be listed, numbers are guessed."""
    try:
        found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        found = list(range(1, 200))
    return [pid for pid in found if pid != os.getpid()]


def run_as_root():
    """A program with the setuid bit of root must not get root's rights here."""
    for program in (["/usr/bin/su", "-c", "id -u"], ["/usr/bin/mount", "-t", "tmpfs", "none", "/work"], ["/usr/bin/newgrp"]):
        subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, timeout=3, check=False)
    status = open("/proc/self/status", encoding="ascii").read()
    return "NoNewPrivs:\t1" not in status or os.path.ismount("/work/x")


def processes():
    victims = facts["victims"]
    with Escape(31) as escape:
        for pid in {*victims, os.getppid(), 1}:
            escape.attempt(f"attach {pid}", lambda p=pid: attach(p))
            escape.attempt(f"memory {pid}", lambda p=pid: read_memory(p))
            if pid != facts["own_init"]:
                escape.attempt(f"mem {pid}", lambda p=pid: open_for_writing(f"/proc/{p}/mem", os.O_RDWR))
    with Escape(32) as escape:
        for pid in {*others(), *victims}:
            escape.attempt(f"environ {pid}", lambda p=pid: read(f"/proc/{p}/environ"))
            escape.attempt(f"root {pid}", lambda p=pid: read(f"/proc/{p}/root{facts['secrets'][0]}"))
        for path in ("sysrq-trigger", "sys/kernel/core_pattern", "sys/kernel/modprobe", "sys/vm/drop_caches"):
            escape.attempt(path, lambda p=path: open_for_writing(f"/proc/{p}"))
    with Escape(33) as escape:
        escape.attempt("setuid programs", run_as_root)
        escape.attempt("setuid(0)", lambda: os.setuid(0))
        escape.attempt("setresuid", lambda: os.setresuid(0, 0, 0))
    with Escape(34) as escape:
        for name, flags in (("user", 0x10000000), ("mount", 0x20000), ("network", 0x40000000), ("pid", 0x20000000)):
            escape.attempt(f"unshare {name}", lambda f=flags: call("unshare", f))
        escape.attempt("mount", lambda: call("mount", b"none", b"/work", b"tmpfs", 0, None))
        escape.attempt("bind", lambda: call("mount", b"/", b"/work", None, 4096, None))
        escape.attempt("umount", lambda: call("umount2", b"/proc", 2))
        escape.attempt("pivot_root", lambda: call("pivot_root", b"/work", b"/work"))
        escape.attempt("fsopen", lambda: call("fsopen", b"tmpfs", 0))
        escape.attempt("open_tree", lambda: call("open_tree", -100, b"/", 1))
        escape.attempt("handle", lambda: call("open_by_handle_at", -100, ctypes.create_string_buffer(64), 0))
        escape.attempt("setns", lambda: call("setns", os.open("/proc/1/ns/mnt", os.O_RDONLY), 0))
        escape.attempt("chroot", lambda: os.chroot("/work"))
    with Escape(35) as escape:
        zeros = ctypes.create_string_buffer(256)
        escape.attempt("io_uring", lambda: call("io_uring_setup", 8, zeros))
        escape.attempt("bpf", lambda: call("bpf", 0, zeros, 120))
        escape.attempt("perf", lambda: call("perf_event_open", zeros, 0, -1, -1, 0))
        escape.attempt("keyctl", lambda: call("keyctl", 0, -3, 1))
        escape.attempt("add_key", lambda: call("add_key", b"user", facts["mark"].encode(), b"x", 1, -3))
        escape.attempt("userfaultfd", lambda: call("userfaultfd", 0))
        escape.attempt("pidfd_getfd", lambda: call("pidfd_getfd", 0, 0, 0))
    with Escape(37) as escape:
        soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        escape.attempt("no limit", lambda: hard == resource.RLIM_INFINITY or soft == resource.RLIM_INFINITY)
        escape.attempt("raised", lambda: resource.setrlimit(resource.RLIMIT_CPU, (hard + 10, hard + 10)))
    with Escape(38) as escape:
        escape.attempt("clock_settime", lambda: call("clock_settime", 0, (ctypes.c_long * 2)(1, 0)))
        escape.attempt("settimeofday", lambda: call("settimeofday", (ctypes.c_long * 2)(1, 0), None))


def signals():
    with Escape(30) as escape:
        for pid in {*facts["victims"], *others()} - {1}:
            if pid != os.getppid():
                escape.attempt(str(pid), lambda p=pid: os.kill(p, signal.SIGKILL))
        for pid in (os.getppid(), 1, -1):  # in a process namespace its first process takes no signal: seen outside
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
            escape.tries += 1


def leave():
    """What a later run would load: start-up files, a library to preload, open doors in the shared folders."""
    for folder in OWN:
        for name in (".npmrc", ".pythonrc", "sitecustomize.py", "preload.so", ".git/config", f"left-{facts['mark']}"):
            create(f"{folder}/{name}")
    os.environ.update(NODE_OPTIONS="--require /tmp/x.js", LD_PRELOAD="/tmp/preload.so", PYTHONSTARTUP="/work/.pythonrc")
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            left = socket.socket(socket.AF_INET)
            left.bind(("127.0.0.1", 18999))
            left.listen()
            time.sleep(60)
        os._exit(0)
    return False


def look_for_left():
    with Escape(48) as escape:
        for name in ("NODE_OPTIONS", "LD_PRELOAD", "PYTHONSTARTUP"):
            escape.attempt(name, lambda n=name: n in os.environ)
        for folder in OWN:
            escape.attempt(folder, lambda f=folder: len(os.listdir(f)) > 0)
        escape.attempt("socket", lambda: socket.create_connection(("127.0.0.1", 18999), 0.3).close())
        escape.attempt("process", lambda: any(b"leave" in line.split(b"\0") for line in command_lines()))


def command_lines():
    for pid in others():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                yield file.read()
        except OSError:
            pass


facts = json.loads(sys.argv[2])
if sys.argv[1] == "try":
    for part in (network, sockets, files, processes, signals):
        part()
    print("holding", flush=True)
    time.sleep(facts["hold_s"])
elif sys.argv[1] == "network":
    network()
elif sys.argv[1] == "leave":
    leave()
else:
    look_for_left()
