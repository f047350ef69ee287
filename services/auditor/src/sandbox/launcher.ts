import { accessSync, closeSync, constants, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { AuraError } from "@aura/shared/problems";
import { environmentOf, type Jail, type JailProcess, type JailSpec } from "./jail.ts";
import { emptyFolder, makeFolder, makeScratch, removeFolder } from "./scratch.ts";
import { seccompFilter } from "./seccomp.ts";
import { superviseProcess } from "./supervised-process.ts";

/** Where product and working directory lie, inside and outside, since nothing can be mounted. */
const PRODUCT = "/product";
const WORK = "/work";
const DEPENDENCIES = "/dependencies";
/** Further folders that programs expect to write to; emptied together with the working directory. */
const TEMPORARY = ["/tmp", "/dev/shm"];
const READABLE = ["/usr", "/bin", "/sbin", "/lib", "/lib64"];
const READABLE_FILES = [
  "/etc/hosts",
  "/etc/nsswitch.conf",
  "/etc/ld.so.cache",
  "/etc/localtime",
  "/etc/ssl/openssl.cnf",
  "/etc/debian_version", // pip tells registries what it runs on, and ends when it may not look
];

export interface LauncherSettings {
  /** Existing folder for scratch files. */
  readonly base: string;
  /** The compiled services/auditor/launcher/launcher.c. */
  readonly program: string;
}

/**
 * Isolation by the launcher, for a container that belongs to nothing else: no network, no secrets, a user of its own
 * and four empty folders. All jobs share one loopback and these folders, so there is one at a time.
 *
 * @throws {AuraError} `isolation_unavailable` with the fix
 */
export function openLauncher(settings: LauncherSettings): Jail {
  requireProgram(settings.program);
  for (const folder of [PRODUCT, DEPENDENCIES, WORK, ...TEMPORARY]) requireEmpty(folder);
  const filter = seccompFilter(process.arch, false);
  if (filter === null) unavailable(`there is no seccomp filter for ${process.arch}; run on x64 or arm64`);
  const scratch = makeScratch(settings.base);
  writeFileSync(join(scratch, "filter"), filter);
  const running = new Set<JailProcess>();
  return {
    level: "container_launcher",
    parallel: 1,
    launcherSha256: sha256Hex(readFileSync(settings.program)),
    isolator: "aura-launcher",
    seccompSha256: sha256Hex(filter),
    fix: "run the sandbox service in its own container, without a network and not as root, on Linux 6.12 or newer",
    namespaces: false,
    scratch,
    openProduct: () => emptied(PRODUCT),
    openDependencies: () => emptied(DEPENDENCIES),
    openWork: () => emptied(WORK, ...TEMPORARY),
    openFolder: () => makeFolder(scratch, "own-", null),
    discard: (folder) => {
      if (folder === PRODUCT || folder === DEPENDENCIES) emptied(folder);
      else if (folder === WORK) emptied(WORK, ...TEMPORARY);
      else removeFolder(folder);
    },
    hand: () => undefined, // one user inside and outside
    start: (spec) => {
      const job = startWith(settings.program, join(scratch, "filter"), spec);
      running.add(job);
      job.ended.finally(() => running.delete(job));
      return job;
    },
    close: async () => {
      for (const job of running) job.kill("killed");
      await Promise.all([...running].map((job) => job.ended));
      emptied(PRODUCT, DEPENDENCIES, WORK, ...TEMPORARY);
      removeFolder(scratch);
    },
  };
}

function startWith(program: string, filterPath: string, spec: JailSpec): JailProcess {
  const filter = openSync(filterPath, "r");
  try {
    const { stdin, channel, limits, work } = spec;
    const command = [program, ...confinement(spec), "--", ...spec.argv];
    const owner = null; // the container has one user
    return superviseProcess({ command, owner, stdin, channel, filter, limits, work, stop: "sweep" });
  } finally {
    closeSync(filter); // the child has its own copy by now
  }
}

function confinement(spec: JailSpec): string[] {
  const { work, product, dependencies, node, loopback, limits } = spec;
  const reads = [
    ...READABLE,
    ...READABLE_FILES,
    ...[product, dependencies].filter((folder) => folder !== null),
    ...(node ? [process.execPath] : []),
  ];
  const writes = work === WORK ? TEMPORARY : [];
  return [
    ...["--work", work, ...reads.flatMap((path) => ["--read", path]), ...writes.flatMap((path) => ["--write", path])],
    ...Object.entries(environmentOf(spec, dirname(process.execPath))).flatMap(([name, value]) => [
      "--env",
      `${name}=${value}`,
    ]),
    ...(loopback ? [] : ["--no-tcp"]),
    ...["--cpu", `${limits.cpu_s}`, "--file", `${limits.file_bytes}`, "--open", `${limits.open_files}`],
    ...["--processes", `${limits.processes}`],
    ...(limits.address_space_bytes === null ? [] : ["--memory", `${limits.address_space_bytes}`]),
  ];
}

/**
 * Empties the folders and returns the first.
 *
 * @throws {AuraError} `isolation_unavailable` when something stays: the next job would find it
 */
function emptied(folder: string, ...more: string[]): string {
  for (const one of [folder, ...more])
    if (!emptyFolder(one)) unavailable(`${one} cannot be emptied; restart the sandbox's container`);
  return folder;
}

function requireProgram(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    unavailable(`the launcher ${program} is missing; build it with services/auditor/launcher/build.sh`);
  }
}

/** Jobs empty these folders, so they must not be anybody's. */
function requireEmpty(folder: string): void {
  try {
    accessSync(folder, constants.W_OK);
    if (readdirSync(folder).length === 0) return;
  } catch {
    unavailable(`${folder} is missing or not writable; run the sandbox in its own container`);
  }
  unavailable(`${folder} is not empty; run the sandbox in its own container`);
}

function unavailable(detail: string): never {
  throw new AuraError("isolation_unavailable", detail);
}
