import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Tree } from "@aura/shared/models/tree";
import { z } from "zod";
import type { Sandbox } from "../../../src/sandbox/port.ts";
import { acceptance, treeOf } from "../products.ts";
import { REPOSITORY } from "../sandbox-service.ts";
import { BOMBS, bombTests, testIdOf } from "./bomb-suite.ts";
import { configuredTrees } from "./configured-trees.ts";
import { Findings } from "./findings.ts";
import type { Left, Outside } from "./outside.ts";

const readProgram = (name: string) => readFileSync(new URL(`./${name}.py`, import.meta.url), "utf8");
export const HOSTILE = treeOf({ "attempts.py": readProgram("attempts"), "bombs.py": readProgram("bombs") });
const NONE: Tree = new Map();
const HOLD_S = 1;
/** After a job; then nothing of it may be left. */
const RESIDUE_MS = 2_000;
const Line = z.object({ escape: z.int(), tries: z.int(), worked: z.array(z.string()) });

/** A sandbox in its service, and what surrounds it. */
export interface Surroundings {
  readonly sandbox: Sandbox;
  /** On the machine, listening on its network. */
  readonly machine: Outside;
  /** Beside the service: its user, its namespaces, its files. */
  readonly neighbour: Outside;
  /** Folders that jobs write to, as the neighbour names them. */
  readonly roots: readonly string[];
  /** Sources and configuration of Aura, and its programs, as a job would name them. */
  readonly sources: readonly string[];
  readonly programs: readonly string[];
  /** Whether process 1 that a job sees is the jail's own, confined like the rest. */
  readonly own_init: boolean;
  /** The service's own socket, likewise. */
  readonly socket: string;
  /** What the service printed so far. */
  log(): Promise<string>;
}

export const newMark = () => `escape-${randomBytes(8).toString("hex")}`;

/** What lies outside, as the jailed program is told. */
export function factsOf({
  machine,
  neighbour,
  sources,
  programs,
  socket,
  own_init,
}: Omit<Surroundings, "sandbox" | "roots" | "log">) {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const reachable = own.filter(({ internal }) => !internal);
  const folders = [machine.setting.folder, neighbour.setting.folder];
  return {
    mark: machine.setting.mark,
    addresses: [...reachable.filter(({ family }) => family === "IPv4").map(({ address }) => address), "127.0.0.1"],
    addresses6: reachable.flatMap(({ family, address }) =>
      family === "IPv6" && !address.startsWith("fe80") ? [address] : [],
    ),
    ports: machine.ports,
    abstract: [machine.setting.mark, neighbour.setting.mark],
    sockets: [...folders.map((folder) => join(folder, "door")), socket],
    secrets: [...folders.map((folder) => join(folder, "secret")), "/etc/shadow", "/root/.profile"],
    folders,
    sources,
    programs,
    victims: [machine.pid, neighbour.pid],
    own_init: own_init ? 1 : 0,
    hold_s: HOLD_S,
  };
}

/** Lets everything be tried, and gathers from outside what got out. */
export async function tryEscapes(around: Surroundings): Promise<Findings> {
  const findings = new Findings();
  await around.sandbox.environment(); // folders that the service makes once are there from now on
  const before = {
    left: await leftBy(around),
    machine: await around.machine.planted(),
    programs: hashes(),
    at: clock(),
  };
  const printed = await tryInOneProcess(around, findings);
  await tryBombs(around, findings);
  await tryTrees(around, findings);
  await tryConfigured(around, findings);
  await tryNextRun(around, findings);
  await judgeResidue(around, before.left, findings);
  await judgePlanted(around, before.machine, findings);
  judgeOutput(around, printed, await around.log(), findings);
  for (const number of [...around.machine.reached, ...around.neighbour.reached])
    findings.out(number, "a listener outside was reached");
  findings.check(18, hashes() === before.programs, "a program of the machine is another one");
  findings.check(38, Math.abs(clock() - before.at) < 60_000, "the machine's clock was changed");
  for (const one of [around.machine, around.neighbour]) findings.check(30, one.isAlive, "a process outside was killed");
  await around.sandbox.environment().catch((error: Error) => findings.out(30, `the service is gone: ${error.message}`));
  return findings;
}

async function tryInOneProcess(around: Surroundings, findings: Findings): Promise<string> {
  const running = around.sandbox.runCheck(check("attempts", "try", JSON.stringify(factsOf(around))));
  let over = false;
  const ended = running.finally(() => {
    over = true;
  });
  while (!over) {
    for (const place of [around.machine, around.neighbour]) judgeProcesses(await place.look(), findings);
    await sleep(200);
  }
  const { stdout, stderr, reason, exit_code } = await ended;

  if (!stdout.trimEnd().endsWith("holding")) throw new Error(`${reason} ${exit_code}: ${stderr.slice(-2000)}`);
  for (const line of stdout.split("\n").filter((text) => text.startsWith('{"escape"'))) {
    const { escape: number, tries, worked } = Line.parse(JSON.parse(line));
    findings.tried(number, tries);
    for (const name of worked) findings.out(number, `it worked: ${name}`);
  }
  return `${stdout}${stderr}`;
}

/** Jailed Python processes, as the kernel describes them: bubblewrap and the launcher themselves are not confined yet. */
function judgeProcesses(seen: Awaited<ReturnType<Outside["look"]>>, findings: Findings): void {
  for (const { program, status, interfaces, routes, anonymous } of seen) {
    if (!program.startsWith("python3") || status.includes("Seccomp: 0")) continue;
    findings.tried(0);
    const is = (line: string) => status.includes(line);
    findings.check(33, is("NoNewPrivs: 1") && is("CapEff: 0000000000000000"), `it has rights: ${status.join(", ")}`);
    findings.check(33, !status.some((line) => /^Uid:.* 0\b/.test(line)), "it runs as root");
    findings.check(35, anonymous.length === 0, `it holds ${anonymous.join(", ")}`);
    findings.check(
      1,
      interfaces.every((name) => name === "lo") && routes.length === 0,
      `it has ${interfaces.join(", ")}`,
    );
  }
}

async function tryBombs(around: Surroundings, findings: Findings): Promise<void> {
  const bombs = { name: "bombs", command: ["python3", "-m", "bombs"] };
  const race = { ...bombs, name: "race", port_variable: "PORT", ready_path: "/", routes: ["GET /"] };
  const interfaces = { modules: [], cli: [{ ...bombs, usage: "bombs WAY MARK" }], http: [race] };
  const tests = bombTests(around.machine.setting.mark, around.neighbour.setting.folder);
  const result = await around.sandbox.runAcceptance(acceptance(tests, { tree: HOSTILE, interfaces }));
  for (const bomb of BOMBS) {
    findings.tried(bomb.number);
    const record = result.tests.find(({ test_id }) => test_id === testIdOf(bomb));
    const said = `${bomb.name}: ${record?.outcome}, ${record?.message?.slice(0, 400)}`;
    findings.check(bomb.number, bomb.outcomes.includes(record?.outcome ?? "gone"), said);
  }
}

/** What no tree may hold, whatever archive it came from: refused before anything is written. */
async function tryTrees({ sandbox, machine, neighbour }: Surroundings, findings: Findings): Promise<void> {
  const folders = [machine.setting.folder, neighbour.setting.folder];
  const climbing = folders.flatMap((folder) => [`../../../../../..${folder}/tree-up`, `${folder}/tree-absolute`]);
  const many = Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`f${index}`, ""]));
  const refused: readonly (readonly [number, Tree])[] = [
    ...climbing.map((path) => [15, treeOf({ [path]: "x" })] as const),
    ...[".git/config", "x/.git/hooks/post-checkout", "a\nb"].map((path) => [46, treeOf({ [path]: "x" })] as const),
    [15, treeOf(many)],
    [15, new Map([["bomb", Buffer.alloc(64 * 1024 * 1024 + 1)]])],
  ];
  for (const [number, tree] of refused) {
    findings.tried(number);
    const ran = await sandbox.runCheck({ ...check("attempts", "next", "{}"), tree }).catch(() => null);
    findings.check(number, ran === null, `a tree was taken: ${[...tree.keys()][0]}`);
  }
}

async function tryConfigured(around: Surroundings, findings: Findings): Promise<void> {
  const { sandbox, machine, neighbour } = around;
  const folders = [machine.setting.folder, neighbour.setting.folder];
  const target = { addresses: factsOf(around).addresses, port: machine.ports["47"] ?? 0, folders };
  for (const [toolchain, tree] of Object.entries(configuredTrees(target))) {
    for (const command of ["compile", "unit_tests"]) {
      await sandbox.runCheck({ tree, toolchain, command, arguments: [], attachments: NONE });
      findings.tried(47);
    }
    const stripped = await sandbox.stripBodies({ tree, toolchain });
    findings.check(47, stripped.size === tree.size, "removing bodies gave another tree");
    await sandbox.checkImports({ tree, toolchain, modules: [] });
    findings.tried(47, 2);
  }
}

async function tryNextRun({ sandbox, machine }: Surroundings, findings: Findings): Promise<void> {
  const facts = JSON.stringify({ mark: machine.setting.mark });
  const left = await sandbox.runCheck(check("attempts", "leave", facts));
  if (left.exit_code !== 0) throw new Error(left.stderr);
  const { stdout } = await sandbox.runCheck(check("attempts", "next", facts));
  const { tries, worked } = Line.parse(JSON.parse(stdout));
  findings.tried(48, tries);
  for (const name of worked) findings.out(48, `the next run found ${name}`);
}

/** Nothing of any job is left two seconds later: no process, file, mount or socket. */
async function judgeResidue(around: Surroundings, before: Left, findings: Findings): Promise<void> {
  const deadline = performance.now() + RESIDUE_MS;
  let left = await leftBy(around);
  while (!isSame(left, before) && performance.now() < deadline) {
    await sleep(100);
    left = await leftBy(around);
  }
  const more = (key: keyof Left) => left[key].filter((line) => !before[key].includes(line));
  for (const number of [26, 27, 28, 29]) findings.check(number, left.processes.length === 0, left.processes.join("; "));
  for (const number of [22, 23, 24, 25, 36, 48])
    findings.check(number, more("files").length === 0, more("files").join("; "));
  findings.check(34, more("mounts").length === 0, more("mounts").join("; "));
  for (const number of [9, 48]) findings.check(number, more("sockets").length === 0, more("sockets").join("; "));
}

async function leftBy({ machine, neighbour, roots }: Surroundings): Promise<Left> {
  const [own, near] = [await machine.left([]), await neighbour.left(roots)];
  return { ...near, processes: [...near.processes, ...own.processes], sockets: [...near.sockets, ...own.sockets] };
}

const isSame = (one: Left, other: Left) => JSON.stringify(one) === JSON.stringify(other);

type Planted = Awaited<ReturnType<Outside["planted"]>>;

async function judgePlanted(around: Surroundings, before: Planted, findings: Findings): Promise<void> {
  for (const place of [around.machine, around.neighbour]) {
    const { files, secret, links, tracer, core_pattern } = await place.planted();
    const strange = files.filter((name) => name !== "secret" && name !== "door");
    for (const number of [13, 15, 16, 19, 20, 47])
      findings.check(number, strange.length === 0, `outside lie ${strange.join(", ")}`);
    findings.check(13, secret === place.setting.secret, "the planted file was changed");
    findings.check(14, links === 1, "the planted file has a further name");
    findings.check(31, tracer.join() === "TracerPid:\t0", `it is traced: ${tracer.join()}`);
    findings.check(32, core_pattern === before.core_pattern, "core_pattern was changed");
  }
}

function judgeOutput({ machine, neighbour }: Surroundings, printed: string, log: string, findings: Findings): void {
  const secrets = [machine.setting.secret, neighbour.setting.secret];
  for (const secret of secrets)
    for (const number of [9, 10, 11, 13, 31, 32])
      findings.check(number, !printed.includes(secret), "a planted secret was read");
  findings.check(17, !/aura-orchestra|@aura\//.test(printed.replace(/"worked".*/g, "")), "sources of Aura were read");
  findings.check(10, !printed.includes("sandbox_level"), "the service answered a job");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  findings.check(40, !/[\u001b\u009b]/.test(log), "the service's log holds terminal escapes");
}

const check = (...args: readonly string[]) => ({
  tree: HOSTILE,
  toolchain: "python",
  command: "run",
  arguments: ["-m", ...args],
  attachments: NONE,
});

/** Of programs that a job would like to change, on this machine. */
function hashes(): string {
  const files = ["/usr/bin/python3", "/usr/bin/env", process.execPath, join(REPOSITORY, "package.json")];
  const all = createHash("sha256");
  for (const file of files) all.update(readFileSync(file));
  return all.digest("hex");
}

const clock = () => Date.now() - performance.now();
