import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBubblewrap } from "../../src/sandbox/bubblewrap.ts";
import { CANARIES, runCanaries } from "../../src/sandbox/canaries.ts";
import type { Jail, JailEnd, JailProcess, JailSpec } from "../../src/sandbox/jail.ts";
import { type Limits, PRODUCT_LIMITS } from "../../src/sandbox/limits.ts";

let jail: Jail;

beforeAll(() => {
  jail = openBubblewrap({ base: tmpdir(), path: "/usr/bin:/bin" });
});
afterAll(() => jail.close());

function startPython(program: string, work: string, limits: Partial<Limits> = {}, args: string[] = []): JailProcess {
  return jail.start({
    argv: ["/usr/bin/python3", "-I", "-c", program, ...args],
    env: { PATH: "/usr/bin:/bin", HOME: "/work" },
    stdin: null,
    product: null,
    dependencies: null,
    work,
    attachments: null,
    relay: null,
    node: false,
    channel: false,
    loopback: true,
    limits: { ...PRODUCT_LIMITS, wall_ms: 5_000, ...limits },
  });
}

async function runPython(program: string, limits: Partial<Limits> = {}): Promise<JailEnd> {
  const work = jail.openWork();
  const end = await startPython(program, work, limits).ended;
  jail.discard(work);
  return end;
}

/** Processes of this machine whose command line holds `word`. */
function processesWith(word: string): number {
  const hasWord = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(word);
    } catch {
      return false;
    }
  };
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && hasWord(pid)).length;
}

test("every canary is contained", async () => {
  const { canaries } = await runCanaries(jail);
  expect(canaries).toEqual(Object.fromEntries(CANARIES.map((name) => [name, "contained"])));
});

test("a jail that does not isolate is refused", async () => {
  const bare = { ...jail, start: (spec: JailSpec) => startBare(spec) };
  await expect(runCanaries(bare)).rejects.toThrow(/isolation_unavailable.*read_secret, write_outside/);
});

test("a jail that runs nothing is refused", async () => {
  const end = { exit_code: null, reason: "spawn_failed", stdout: "", stderr: "no", duration_ms: 0 } as const;
  const silent = {
    ...jail,
    start: () => ({ channel: null, ended: Promise.resolve(end), stderr: () => "", kill: () => undefined }),
  };
  await expect(runCanaries(silent)).rejects.toThrow(/isolation_unavailable.*spawn_failed/);
});

test("without bubblewrap there is no jail, and the fix is named", () => {
  expect(() => openBubblewrap({ base: tmpdir(), path: "/nowhere" })).toThrow(
    /isolation_unavailable.*apt-get install bubblewrap/,
  );
});

test.each<[reason: string, program: string, limits: Partial<Limits>]>([
  ["timeout", "while True: pass", { wall_ms: 500 }],
  ["cpu", "while True: pass", { cpu_s: 1 }],
  [
    "memory",
    "import time\nx = []\nwhile True: x.append(bytearray(b'1' * 10**7)); time.sleep(0.01)",
    { memory_bytes: 100_000_000 },
  ],
  ["memory", "x = bytearray(10**10)", {}],
  [
    "processes",
    "import os, time\nfor i in range(300):\n  try:\n    if os.fork() == 0: time.sleep(9)\n  except OSError: time.sleep(1)",
    {},
  ],
  ["output", "while True: print('x' * 10000)", {}],
  ["file_size", "open('big', 'wb').write(b'x' * 10**8)", {}],
  ["disk", "import time\nfor i in range(50):\n  open(f'f{i}', 'wb').write(b'x' * 10**7); time.sleep(0.05)", {}],
  ["disk", "import time\nfor i in range(3000): open(f'f{i}', 'w')\ntime.sleep(3)", { disk_entries: 2_000 }],
  ["killed", "import os; os.kill(os.getpid(), 9)", {}],
])("the limit that ends a process is named: %s", async (reason, program, limits) => {
  expect(await runPython(program, limits)).toMatchObject({ reason });
});

/** Folders of any machine; here they are empty. */
const USUAL = ["boot", "home", "media", "mnt", "opt", "root", "run", "srv", "sys", "var"];

test("a process sees an empty environment, no descriptor, no capability and no file of this machine", async () => {
  const end = await runPython(
    `import os, json; print(json.dumps([sorted(os.environ), sorted(os.listdir('/')), sorted(os.listdir('/etc')), sorted(map(int, os.listdir('/proc/self/fd')))[4:], [p for d in os.listdir('/') if d in ${JSON.stringify(USUAL)} for p in os.listdir('/' + d)], [l for l in open('/proc/self/status') if l.startswith(('CapEff', 'NoNewPrivs', 'Seccomp:'))], os.getuid()]))`,
  );
  const [environment, root, etc, descriptors, inside, status, uid] = JSON.parse(end.stdout);
  expect(environment).toEqual(["HOME", "LC_CTYPE", "PATH", "PWD"]);
  const own = ["dev", "etc", "proc", "tmp", "usr", "work"];
  expect(root.filter((name: string) => !/^(s?bin|lib)/.test(name))).toEqual([...own, ...USUAL].sort());
  expect(inside).toEqual([]);
  expect(etc).toEqual(["group", "hosts", "nsswitch.conf", "passwd"]);
  expect(descriptors).toEqual([]);
  expect(status.join("")).toMatch(/CapEff:\s+0{16}\nNoNewPrivs:\s+1\nSeccomp:\s+2\n/);
  expect(uid).not.toBe(0);
});

test("io_uring, ptrace, bpf, unshare and odd socket families are refused by the kernel", async () => {
  const program = `
import ctypes, socket
libc = ctypes.CDLL(None, use_errno=True)
print([libc.syscall(n, 0, 0, 0, 0) for n in ${process.arch === "x64" ? "(425, 101, 321, 272)" : "(425, 117, 280, 97)"}])
for family in (40, 38, 17, 16):
    try: socket.socket(family, socket.SOCK_STREAM); print("open")
    except OSError as error: print(error.errno)`;
  expect((await runPython(program)).stdout).toBe("[-1, -1, -1, -1]\n97\n97\n97\n97\n");
});

test("a daemon that leaves the session does not outlive the job", async () => {
  const mark = `daemon-${process.pid}-${Math.random()}`;
  const work = jail.openWork();
  const program =
    "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    open('up', 'w'); time.sleep(60)\n  os._exit(0)\nwhile not os.path.exists('up'): time.sleep(0.01)";
  expect(await startPython(program, work, {}, [mark]).ended).toMatchObject({ reason: "exit", exit_code: 0 });
  expect(processesWith(mark)).toBe(0);
  jail.discard(work);
});

test("a job killed while its jail is being built leaves nothing behind", async () => {
  const mark = `early-${process.pid}-${Math.random()}`;
  const work = jail.openWork();
  for (let delay = 0; delay < 24; delay += 1) {
    const job = startPython("import time; time.sleep(60)", work, {}, [mark]);
    await new Promise((resolve) => setTimeout(resolve, delay / 2));
    job.kill("killed");
    expect(await job.ended).toMatchObject({ reason: "killed" });
  }
  expect(processesWith(mark)).toBe(0);
  jail.discard(work);
});

test("a working folder is removed whatever was done to it", async () => {
  const work = jail.openWork();
  const program =
    "import os\nfor i in range(300):\n  os.mkdir('d' * 40); os.chdir('d' * 40)\nopen('f', 'w'); os.chdir('/work'); os.mkdir('shut'); open('shut/x', 'w'); os.chmod('shut', 0); os.mkfifo('pipe'); os.symlink('/', 'root')";
  expect(await startPython(program, work).ended).toMatchObject({ exit_code: 0 });
  jail.discard(work);
  expect(readdirSync(jail.scratch).filter((name) => name.startsWith("work-"))).toEqual([]);
});

/** Starts the program of a spec without any isolation: what a broken jail would do. */
function startBare(spec: JailSpec): JailProcess {
  const folder = mkdtempSync(join(tmpdir(), "bare-"));
  mkdirSync(join(folder, "work"));
  const [program = "", ...args] = spec.argv;
  const child = spawn("/usr/bin/prlimit", ["--nproc=5000", program, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const ended = new Promise<JailEnd>((resolve) => {
    child.once("close", (code) => {
      rmSync(folder, { recursive: true });
      resolve({ exit_code: code, reason: "exit", stdout, stderr: "", duration_ms: 0 });
    });
  });
  return { channel: null, ended, stderr: () => "", kill: () => child.kill() };
}
