/** A way to get out of a sandbox. */
export interface Escape {
  readonly number: number;
  readonly words: string;
  /**
   * Test file, from the repository's root, that asserts it where the code that it concerns really runs; the escape is
   * named there by `escape <number>`. Without one it is tried at every level.
   */
  readonly elsewhere?: string;
}

const INSTALLING = "services/auditor/test/sandbox/installing.ts";
const GIT = "services/manager/test/http/git.pg.test.ts";
const PROMPTS = "services/agent-runtime/test/agent/prompts.test.ts";
const FILES = "services/manager/test/http/landed-run.pg.test.ts";

const WORDS: readonly (readonly [number, string, elsewhere?: string])[] = [
  // network
  [1, "TCP to the internet"],
  [2, "TCP to the database"],
  [3, "TCP to loopback services of the container's host"],
  [4, "UDP and DNS exfiltration"],
  [5, "ICMP and raw sockets"],
  [6, "IPv6"],
  [7, "AF_VSOCK"],
  [8, "the cloud's metadata address"],
  [9, "an abstract Unix socket"],
  [10, "a Unix socket on the shared volume: connecting back as if the Auditor"],
  [11, "an inherited descriptor, SCM_RIGHTS"],
  [12, "proxy variables"],
  // files
  [13, "a symbolic link out of the working directory"],
  [14, "a hard link"],
  [15, "tar: .., absolute, link then write, device node, setuid bit, too many files, too many bytes"],
  [16, "zip-slip"],
  [17, "reading source and configuration of Aura"],
  [18, "writing the launcher or the toolchain"],
  [19, "making a .git/hooks, .npmrc or .vscode that a later trusted step would run"],
  [20, "a rename race on the output folder"],
  [21, "a FIFO or socket in the outputs that hangs whoever collects them"],
  [22, "a sparse file of 1 TB"],
  [23, "filling the disk"],
  [24, "filling the inodes"],
  [25, "file names with newlines, control characters, more than 4,096 bytes"],
  // processes
  [26, "a fork bomb"],
  [27, "a thread bomb"],
  [28, "a daemon by double fork and setsid that outlives the run"],
  [29, "ignoring SIGTERM, blocking signals"],
  [30, "kill(-1), killing the parent"],
  [31, "ptrace of the parent or of another run"],
  [32, "/proc/1/environ, /proc/*/mem, /proc/sysrq-trigger, core_pattern"],
  [33, "a setuid binary"],
  [34, "a user namespace, mount, pivot_root, chroot"],
  [35, "io_uring, bpf, perf, keyctl, userfaultfd"],
  [36, "a memory bomb, filling /dev/shm"],
  [37, "burning processor time past the limit"],
  [38, "sleeping past the wall limit, changing the clock"],
  // output
  [39, "endless stdout and stderr"],
  [40, "terminal escapes and links"],
  [41, "forged lines of a test runner, a runner that ends with 0, tests that are gone"],
  [42, "a huge, deeply nested report"],
  [43, "prompt injection in output, aimed at the next agent", PROMPTS],
  [44, "HTML or SVG with a script", FILES],
  // toolchain
  [45, "npm lifecycle scripts, preinstall, .npmrc with script-shell", INSTALLING],
  [46, "git hooks, core.fsmonitor, .gitattributes filters, submodules, when git runs on generated trees", GIT],
  [47, "configuration that trusted tools execute: eslint, vitest, tsconfig plugins, Makefile, conftest"],
  [48, "NODE_OPTIONS, LD_PRELOAD, PYTHONSTARTUP, files and sockets left for the next run"],
];

export const ESCAPES: readonly Escape[] = WORDS.map(([number, words, elsewhere]) => ({
  number,
  words,
  ...(elsewhere === undefined ? {} : { elsewhere }),
}));
