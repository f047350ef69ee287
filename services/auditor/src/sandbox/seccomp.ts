/**
 * The system calls that no generated program needs, as a classic BPF filter for seccomp. Both levels of isolation load
 * the same bytes: bubblewrap with --seccomp, the launcher from the same file descriptor.
 */

/** Number on x64, number on arm64; null where the architecture has no such call. */
const DENIED: readonly (readonly [name: string, x64: number, arm64: number | null])[] = [
  // other processes' memory
  ["ptrace", 101, 117],
  ["process_vm_readv", 310, 270],
  ["process_vm_writev", 311, 271],
  ["kcmp", 312, 272],
  ["pidfd_getfd", 438, 438],
  ["move_pages", 279, 239],
  // kernel interfaces with a long list of past holes
  ["io_uring_setup", 425, 425],
  ["io_uring_enter", 426, 426],
  ["io_uring_register", 427, 427],
  ["bpf", 321, 280],
  ["perf_event_open", 298, 241],
  ["userfaultfd", 323, 282],
  ["add_key", 248, 217],
  ["request_key", 249, 218],
  ["keyctl", 250, 219],
  ["fanotify_init", 300, 262],
  ["name_to_handle_at", 303, 264],
  ["open_by_handle_at", 304, 265],
  ["lookup_dcookie", 212, 18],
  ["personality", 135, 92],
  ["modify_ldt", 154, null],
  ["iopl", 172, null],
  ["ioperm", 173, null],
  // namespaces and mounts
  ["unshare", 272, 97],
  ["setns", 308, 268],
  ["mount", 165, 40],
  ["umount2", 166, 39],
  ["pivot_root", 155, 41],
  ["chroot", 161, 51],
  ["open_tree", 428, 428],
  ["move_mount", 429, 429],
  ["fsopen", 430, 430],
  ["fsconfig", 431, 431],
  ["fsmount", 432, 432],
  ["fspick", 433, 433],
  ["mount_setattr", 442, 442],
  // the machine itself
  ["init_module", 175, 105],
  ["finit_module", 313, 273],
  ["delete_module", 176, 106],
  ["kexec_load", 246, 104],
  ["kexec_file_load", 320, 294],
  ["reboot", 169, 142],
  ["swapon", 167, 224],
  ["swapoff", 168, 225],
  ["syslog", 103, 116],
  ["acct", 163, 89],
  ["quotactl", 179, 60],
  ["settimeofday", 164, 170],
  ["clock_settime", 227, 112],
  ["clock_adjtime", 305, 266],
  ["sethostname", 170, 161],
  ["setdomainname", 171, 162],
];

interface Machine {
  /** AUDIT_ARCH_* of linux/audit.h. */
  readonly audit: number;
  readonly column: 1 | 2;
  readonly clone: number;
  readonly ioctl: number;
  readonly socket: number;
}

const MACHINES: Readonly<Record<string, Machine>> = {
  x64: { audit: 0xc000003e, column: 1, clone: 56, ioctl: 16, socket: 41 },
  arm64: { audit: 0xc00000b7, column: 2, clone: 220, ioctl: 29, socket: 198 },
};

const CLONE3 = 435;
const X32_BIT = 0x40000000;
/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}. */
const NEW_NAMESPACES = 0x7e020000;
/** Requests that type into the terminal: TIOCSTI, TIOCLINUX. */
const TERMINAL_INPUT = [0x5412, 0x541c];
/** AF_INET, AF_INET6: nothing else, so no vsock to a hypervisor, no packet, netlink or crypto sockets. */
const SOCKET_FAMILIES = [2, 10];
const AF_UNIX = 1;

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const errno = (code: number) => 0x00050000 | code;

const LOAD = 0x20;
const EQUAL = 0x15;
const AT_LEAST = 0x35;
const ANY_BIT = 0x45;
const RETURN = 0x06;

/** Offsets in struct seccomp_data; of an argument only the low half is looked at, as the kernel does for these calls. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const argument = (index: number) => 16 + 8 * index;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/**
 * The filter as the array of `struct sock_filter` that the kernel loads, little-endian.
 *
 * @param unixSockets false where sockets of other processes can be seen as files: no file rule keeps a program from
 *   connecting to them. Socket pairs stay possible
 * @returns null for a processor without a table here: then nothing may run
 */
export function seccompFilter(architecture: string, unixSockets: boolean): Buffer | null {
  const machine = MACHINES[architecture];
  if (machine === undefined) return null;
  const program: Instruction[] = [
    [LOAD, 0, 0, ARCHITECTURE],
    [EQUAL, 1, 0, machine.audit],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, NUMBER],
    [AT_LEAST, 0, 1, X32_BIT],
    [RETURN, 0, 0, errno(EPERM)],
    // libc falls back to clone, whose flags can be read here
    [EQUAL, 0, 1, CLONE3],
    [RETURN, 0, 0, errno(ENOSYS)],
    ...DENIED.flatMap((call) => denied(call[machine.column])),
    ...onCall(machine.clone, 0, [
      [ANY_BIT, 0, 1, NEW_NAMESPACES],
      [RETURN, 0, 0, errno(EPERM)],
      [RETURN, 0, 0, ALLOW],
    ]),
    ...onCall(machine.ioctl, 1, [
      ...TERMINAL_INPUT.flatMap((request): Instruction[] => [
        [EQUAL, 0, 1, request],
        [RETURN, 0, 0, errno(EPERM)],
      ]),
      [RETURN, 0, 0, ALLOW],
    ]),
    ...onCall(machine.socket, 0, [
      ...(unixSockets ? [AF_UNIX, ...SOCKET_FAMILIES] : SOCKET_FAMILIES).flatMap((family): Instruction[] => [
        [EQUAL, 0, 1, family],
        [RETURN, 0, 0, ALLOW],
      ]),
      [RETURN, 0, 0, errno(EAFNOSUPPORT)],
    ]),
    [RETURN, 0, 0, ALLOW],
  ];
  return assemble(program);
}

function denied(number: number | null): Instruction[] {
  if (number === null) return [];
  return [
    [EQUAL, 0, 1, number],
    [RETURN, 0, 0, errno(EPERM)],
  ];
}

/** `body` looks at one argument of one call and always returns; other calls jump over it. */
function onCall(number: number, argumentIndex: number, body: readonly Instruction[]): Instruction[] {
  return [[EQUAL, 0, body.length + 1, number], [LOAD, 0, 0, argument(argumentIndex)], ...body];
}

function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  }
  return bytes;
}
