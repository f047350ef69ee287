import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchownSync,
  mkdirSync,
  openSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { AuraError } from "@aura/shared/problems";
import { leakingDescriptors } from "./descriptors.ts";
import { environmentOf, type Jail, type JailProcess, type JailSpec } from "./jail.ts";
import type { Limits } from "./limits.ts";
import { makeFolder, makeScratch, removeFolder } from "./scratch.ts";
import { seccompFilter } from "./seccomp.ts";
import { superviseProcess } from "./supervised-process.ts";

/** Nobody's: no account, no service, in no range that a distribution hands out. Used when this process is root. */
const SANDBOX_UID = 60_900;
/** Folder inside that holds the Node binary. */
const NODE_FOLDER = "/aura";
const FIX =
  "install python3 and util-linux, allow user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu, kernel.unprivileged_userns_clone=1 on older Debian), or run with Docker Compose";
const DEPENDENCIES = "/dependencies";
/** Node looks for packages in the folders above a file: above /product lies this. */
const MODULES_LINK = ["--symlink", "dependencies/node_modules", "/node_modules"];
const TMP_BYTES = 64 * 1024 * 1024;
/** Empty: a root folder without them would tell a program where it is. */
const USUAL_FOLDERS = ["boot", "home", "media", "mnt", "opt", "root", "run", "srv", "sys", "var"].map(
  (name) => `/${name}`,
);

export interface BubblewrapSettings {
  /** Existing folder for scratch files. */
  readonly base: string;
  /** Where to look for `bwrap`, as PATH has it. */
  readonly path: string;
}

/**
 * Isolation by bubblewrap: namespaces of its own for everything, a file system of /usr and what the job needs, no
 * capability, no further user namespace, a seccomp filter, and rlimits counted inside its own user namespace. Under a root
 * parent it runs as SANDBOX_UID, because the kernel counts no process limit for root.
 *
 * @throws {AuraError} `isolation_unavailable` with the fix
 */
export function openBubblewrap(settings: BubblewrapSettings): Jail {
  const bwrap = findProgram("bwrap", settings.path);
  const filter = seccompFilter(process.arch, true);
  if (filter === null) unavailable(`there is no seccomp filter for ${process.arch}; run on x64 or arm64`);
  const scratch = makeScratch(settings.base);
  const owner = process.getuid?.() === 0 ? SANDBOX_UID : null;
  writeNameFiles(join(scratch, "etc"));
  writeFileSync(join(scratch, "filter"), filter);
  const isolator = versionOf(bwrap);
  const leaks = closing(leakingDescriptors());
  const running = new Set<JailProcess>();
  return {
    level: "bubblewrap",
    parallel: 2,
    launcherSha256: null,
    isolator,
    seccompSha256: sha256Hex(filter),
    fix: FIX,
    namespaces: true,
    scratch,
    openProduct: () => makeFolder(scratch, "product-", null),
    openDependencies: () => makeFolder(scratch, "dependencies-", null),
    openWork: () => makeFolder(scratch, "work-", owner),
    openFolder: () => makeFolder(scratch, "own-", owner),
    discard: removeFolder,
    hand: (descriptor) => {
      if (owner !== null) fchownSync(descriptor, owner, owner);
    },
    start: (spec) => {
      const node = spec.node ? reachableNode(scratch, owner) : null;
      const isolation = [...leaks, ...limited(spec.limits), bwrap, ...mounts(spec, scratch, node)];
      const command = [...isolation, "--", ...fewProcesses(spec.limits), ...spec.argv];
      const job = startWith(join(scratch, "filter"), command, owner, spec);
      running.add(job);
      job.ended.finally(() => running.delete(job));
      return job;
    },
    close: async () => {
      for (const job of running) job.kill("killed");
      await Promise.all([...running].map((job) => job.ended));
      removeFolder(scratch);
    },
  };
}

function startWith(filterPath: string, command: readonly string[], owner: number | null, spec: JailSpec): JailProcess {
  const filter = openSync(filterPath, "r");
  try {
    const { stdin, channel, limits, work } = spec;
    return superviseProcess({ command, owner, stdin, channel, filter, limits, work, stop: "init" });
  } finally {
    closeSync(filter); // the child has its own copy by now
  }
}

/** Descriptors 3 to 5 are set up for the child after the fork, whatever they were here. */
function closing(descriptors: readonly number[]): string[] {
  const foreign = descriptors.filter((descriptor) => descriptor > 5);
  if (foreign.length === 0) return [];
  const closes = foreign.map((descriptor) => `${descriptor}>&-`).join(" ");
  return ["/bin/bash", "--norc", "--noprofile", "-c", `exec ${closes}; exec "$@"`, "bash"];
}

/** Order matters: later mounts lie on top, and what is remounted read-only last stays so. */
function mounts(spec: JailSpec, scratch: string, node: string | null): string[] {
  const size = `${TMP_BYTES}`;
  return [
    ...["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"],
    ...["--uid", `${SANDBOX_UID}`, "--gid", `${SANDBOX_UID}`, "--hostname", "sandbox", "--cap-drop", "ALL"],
    ...["--json-status-fd", "4", "--seccomp", "5", "--clearenv"],
    ...Object.entries(environmentOf(spec, NODE_FOLDER)).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--ro-bind", "/usr", "/usr", ...rootLinks()],
    ...["--ro-bind", join(scratch, "etc"), "/etc", "--proc", "/proc", "--dev", "/dev"],
    ...USUAL_FOLDERS.flatMap((folder) => ["--dir", folder]),
    ...["--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--size", size, "--tmpfs", "/tmp"],
    ...["--bind", spec.work, "/work", "--chdir", "/work"],
    ...(spec.attachments === null ? [] : ["--ro-bind", spec.attachments, "/work/attachments"]),
    ...(spec.product === null ? [] : ["--ro-bind", spec.product, "/product"]),
    ...(spec.dependencies === null ? [] : ["--ro-bind", spec.dependencies, DEPENDENCIES, ...MODULES_LINK]),
    ...(spec.relay === null ? [] : ["--bind", spec.relay, "/relay"]),
    ...(node === null ? [] : ["--ro-bind", node, `${NODE_FOLDER}/node`]),
    ...["--remount-ro", "/"],
  ];
}

/** /bin, /lib and their like are links into /usr on merged systems and folders on others. */
function rootLinks(): string[] {
  return ["bin", "sbin", "lib", "lib32", "lib64", "libx32"].flatMap((name) => {
    if (existsSync(`/usr/${name}`)) return ["--symlink", `usr/${name}`, `/${name}`];
    return existsSync(`/${name}`) ? ["--ro-bind", `/${name}`, `/${name}`] : [];
  });
}

/** From before bubblewrap on: what is jailed can take over bubblewrap's own first process inside, which is limited, too. */
function limited(limits: Limits): string[] {
  const addressSpace = limits.address_space_bytes === null ? [] : [`--as=${limits.address_space_bytes}`];
  return [
    ...["/usr/bin/prlimit", `--cpu=${limits.cpu_s}:${limits.cpu_s + 1}`, `--fsize=${limits.file_bytes}`, "--core=0"],
    ...[`--nofile=${limits.open_files}`, ...addressSpace, "--"],
  ];
}

/** Counted in the jail's own user namespace, so it is set there. */
const fewProcesses = ({ processes }: Limits) => ["/usr/bin/prlimit", `--nproc=${processes}`, "--"];

/** Enough of /etc for `localhost` and a user name, and nothing of the machine's own. */
function writeNameFiles(folder: string): void {
  mkdirSync(folder, { mode: 0o755 });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o644 });
  write("hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n");
  write("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
  write("passwd", `sandbox:x:${SANDBOX_UID}:${SANDBOX_UID}::/work:/bin/sh\n`);
  write("group", `sandbox:x:${SANDBOX_UID}:\n`);
}

/** The running Node binary; a copy where the sandbox user cannot pass the folders above it, such as /root. */
function reachableNode(scratch: string, owner: number | null): string {
  if (owner === null || everyoneMayPass(process.execPath)) return process.execPath;
  const copy = join(scratch, "node");
  if (!existsSync(copy)) {
    copyFileSync(process.execPath, copy, constants.COPYFILE_FICLONE);
    chmodSync(copy, 0o755);
  }
  return copy;
}

function everyoneMayPass(path: string): boolean {
  if ((statSync(path).mode & 0o001) === 0) return false;
  return path === "/" || everyoneMayPass(dirname(path));
}

/** As it says itself, such as `bubblewrap 0.8.0`. */
function versionOf(bwrap: string): string {
  const { status, stdout } = spawnSync(bwrap, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : unavailable(`${bwrap} does not start; install bubblewrap anew`);
}

function findProgram(name: string, path: string): string {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // the next folder may have it
    }
  }
  return unavailable("bubblewrap is not installed; apt-get install bubblewrap, or run with Docker Compose");
}

function unavailable(detail: string): never {
  throw new AuraError("isolation_unavailable", detail);
}
