import { existsSync } from "node:fs";
import { release } from "node:os";
import { type Tree, treeSha256 } from "@aura/shared/models/tree";
import { AuraError } from "@aura/shared/problems";
import type { SandboxJobResult } from "@aura/shared/schemas/sandbox-job";
import type { EnvironmentFacts, EvidenceItem, TestResult } from "@aura/shared/schemas/verification-report";
import { Semaphore } from "@aura/shared/semaphore";
import { type MovedClock, movedClock } from "../harness/moved-clock.ts";
import { cutMiddle, scrub } from "../harness/records.ts";
import { runSuite } from "../harness/run-suite.ts";
import { surroundings } from "../harness/surroundings.ts";
import { requireToolchain } from "../toolchains/registry.ts";
import { jailed, type Launch, type Toolchain } from "../toolchains/toolchain.ts";
import { runCanaries } from "./canaries.ts";
import { inspectSource } from "./inspect-job.ts";
import { installDependencies } from "./install-job.ts";
import type { Jail, JailEnd } from "./jail.ts";
import { ownKernelKind } from "./kernel.ts";
import { CHECK_LIMITS } from "./limits.ts";
import type {
  AcceptanceRequest,
  AcceptanceResult,
  CheckRequest,
  ImportRequest,
  InspectRequest,
  InstallRequest,
  InstallResult,
  InstrumentResult,
  Mutant,
  MutationRequest,
  Sandbox,
  StripRequest,
  StubRequest,
  StubResult,
} from "./port.ts";
import { collectInstrumented, collectMutants, collectStripped, collectStub } from "./program-results.ts";
import { checkTree, unpackTree } from "./scratch.ts";
import type { Inspection } from "./source-facts.ts";

const OUTPUT_SHOWN = 32 * 1024;
const NOTHING: Tree = new Map();
const EMPTY = { tree: NOTHING, attachments: NOTHING };

/** Where packages come from, for a sandbox that may install any. */
export interface RegistryAccess {
  /** Socket of the registry gate. */
  readonly gate: string;
  /** Where npm is looked for, as PATH has it. */
  readonly path: string;
}

/**
 * The sandbox in this process. Jobs wait for one another where the jail has one set of folders; the jail itself is
 * opened with the first job and again after `killAll`.
 *
 * @param openJail throws AuraError `isolation_unavailable` when nothing here can isolate
 */
export class LocalSandbox implements Sandbox {
  private readonly openJail: () => Jail;
  private readonly registry: RegistryAccess | undefined;
  private jail: Jail | null = null;
  private slots: Semaphore | null = null;

  constructor(openJail: () => Jail, registry?: RegistryAccess) {
    this.openJail = openJail;
    this.registry = registry;
  }

  async environment(): Promise<EnvironmentFacts> {
    return this.inJail((jail) => measure(jail));
  }

  async runCheck(request: CheckRequest): Promise<SandboxJobResult> {
    const toolchain = requireToolchain(request.toolchain);
    const launch = toolchain.check(request.command, request.arguments);
    if (launch === null) return unknownCommand(request.command);
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      return withFolders(jail, request, async (folders) => {
        const end = await runProgram(jail, toolchain, launch, folders);
        return { ...end, stdout: shown(end.stdout), stderr: shown(end.stderr) };
      });
    });
  }

  async buildStub(request: StubRequest): Promise<StubResult> {
    const toolchain = requireToolchain(request.toolchain);
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      return withFolders(jail, EMPTY, async (folders) => {
        const end = await runProgram(jail, toolchain, toolchain.stub(request.interfaces), folders);
        const { tree, findings } = collectStub(end, folders.work);
        return { tree, findings: [...toolchain.interfaceFindings(request.interfaces), ...findings] };
      });
    });
  }

  async runAcceptance(request: AcceptanceRequest): Promise<AcceptanceResult> {
    const toolchain = requireToolchain(request.toolchain);
    return this.inJail(async (jail) => {
      const environment = await measure(jail);
      const begun = performance.now();
      const product = unpackProduct(jail, request.tree);
      const attachmentsFolder = unpackAttachments(jail, request.attachments);
      const dependencies = unpackDependencies(jail, request.dependencies);
      try {
        const { interfaces, attachments, seed } = request;
        const clock = movedClock(request.clock_offset_s);
        const folders = { product, dependencies, attachmentsFolder };
        const around = { clock: clock.environment, surroundings: surroundings(request.surroundings) };
        const setting = { jail, toolchain, interfaces, ...folders, attachments, seed, ...around };
        const { tests, reached } = await runSuite(request, setting, () => this.jail !== jail);
        return { tests, evidence: acceptanceEvidence(request, clock, tests, begun), environment, reached };
      } finally {
        discardAll(jail, [product, attachmentsFolder, dependencies]);
      }
    });
  }

  async stripBodies(request: StripRequest): Promise<Tree> {
    const toolchain = requireToolchain(request.toolchain);
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      return withFolders(jail, { ...EMPTY, tree: request.tree }, async (folders) => {
        const end = await runProgram(jail, toolchain, toolchain.strip(), folders);
        return collectStripped(end, folders.work, request.tree, toolchain);
      });
    });
  }

  async instrument(request: StripRequest): Promise<InstrumentResult> {
    const toolchain = requireToolchain(request.toolchain);
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      return withFolders(jail, { ...EMPTY, tree: request.tree }, async (folders) => {
        const end = await runProgram(jail, toolchain, toolchain.instrument(), folders);
        return collectInstrumented(end, folders.work, request.tree, toolchain);
      });
    });
  }

  async inspectSource(request: InspectRequest): Promise<Inspection> {
    const toolchain = requireToolchain(request.toolchain);
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      return withFolders(jail, { ...EMPTY, tree: request.tree }, (folders) =>
        inspectSource(toolchain, request, folders.work, ({ needsNode }, launch) =>
          runProgram(jail, { ...toolchain, needsNode }, launch, folders),
        ),
      );
    });
  }

  async makeMutants(request: MutationRequest): Promise<Mutant[]> {
    const { tree, seed, count, functions } = request;
    const toolchain = requireToolchain(request.toolchain);
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      return withFolders(jail, { ...EMPTY, tree }, async (folders) => {
        const end = await runProgram(jail, toolchain, toolchain.mutate({ seed, count, functions }), folders);
        return collectMutants(end, folders.work, tree, count);
      });
    });
  }

  async checkImports(request: ImportRequest): Promise<EvidenceItem> {
    const toolchain = requireToolchain(request.toolchain);
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      return withFolders(jail, { ...request, attachments: NOTHING }, async (folders) => {
        const end = await runProgram(jail, toolchain, toolchain.imports(request.modules), folders);
        return importEvidence(request, end);
      });
    });
  }

  async installDependencies(request: InstallRequest): Promise<InstallResult> {
    const toolchain = requireToolchain(request.toolchain);
    const { registry } = this;
    if (registry === undefined) throw new AuraError("internal", "this sandbox has no way to a registry");
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      return installDependencies(jail, toolchain, request, registry.gate, registry.path);
    });
  }

  async killAll(): Promise<void> {
    const { jail } = this;
    this.jail = null; // before the processes end: what waits for them must see that it was stopped
    this.slots = null;
    await jail?.close();
  }

  private async inJail<T>(work: (jail: Jail) => Promise<T>): Promise<T> {
    if (this.jail !== null && !existsSync(this.jail.scratch)) await this.killAll(); // a cleaner of /tmp was here
    this.jail ??= this.openJail();
    this.slots ??= new Semaphore(this.jail.parallel);
    const { jail, slots } = this;
    return slots.run(async () => {
      this.mustBeOpen(jail);
      try {
        return await work(jail);
      } catch (error) {
        this.mustBeOpen(jail); // its folders go with it, so whatever was under way fails in its own way
        throw error;
      }
    });
  }

  private mustBeOpen(jail: Jail): void {
    if (this.jail !== jail) throw new AuraError("isolation_unavailable", "the sandbox was stopped; try again");
  }
}

interface Folders {
  readonly product: string;
  readonly dependencies: string | null;
  readonly work: string;
  readonly attachments: string | null;
}

async function withFolders<T>(
  jail: Jail,
  inputs: { readonly tree: Tree; readonly dependencies?: Tree | undefined; readonly attachments: Tree },
  work: (folders: Folders) => Promise<T>,
): Promise<T> {
  const product = unpackProduct(jail, inputs.tree);
  const attachments = unpackAttachments(jail, inputs.attachments);
  const dependencies = unpackDependencies(jail, inputs.dependencies);
  const folder = jail.openWork();
  try {
    if (!jail.namespaces) unpackInto(folder, inputs.attachments);
    return await work({ product, dependencies, attachments, work: folder });
  } finally {
    discardAll(jail, [product, dependencies, attachments, folder]);
  }
}

function unpackProduct(jail: Jail, tree: Tree): string {
  checkTree(tree);
  const folder = jail.openProduct();
  unpackTree(folder, tree);
  return folder;
}

/** Null where there are none. */
function unpackDependencies(jail: Jail, dependencies: Tree = NOTHING): string | null {
  if (dependencies.size === 0) return null;
  const folder = jail.openDependencies();
  unpackTree(folder, dependencies);
  return folder;
}

/** Mounted read-only where the jail can mount; null where they are copied, or where there are none. */
function unpackAttachments(jail: Jail, attachments: Tree): string | null {
  if (!jail.namespaces || attachments.size === 0) return null;
  const folder = jail.openProduct();
  unpackTree(folder, attachments);
  return folder;
}

function unpackInto(work: string, attachments: Tree): void {
  unpackTree(work, new Map([...attachments].map(([path, body]) => [`attachments/${path}`, body])));
}

function discardAll(jail: Jail, folders: readonly (string | null)[]): void {
  for (const folder of folders) if (folder !== null) jail.discard(folder);
}

function runProgram(jail: Jail, toolchain: Toolchain, launch: Launch, folders: Folders): Promise<JailEnd> {
  return jail.start({
    argv: launch.argv,
    env: toolchain.environment(0),
    stdin: launch.stdin,
    product: folders.product,
    dependencies: folders.dependencies,
    work: folders.work,
    attachments: folders.attachments,
    relay: null,
    channel: false,
    loopback: true,
    ...jailed(toolchain, CHECK_LIMITS),
  }).ended;
}

async function measure(jail: Jail): Promise<EnvironmentFacts> {
  const { canaries, python } = await runCanaries(jail);
  return {
    sandbox_level: jail.level,
    canaries,
    kernel: release(),
    toolchain: { python, node: process.versions.node },
    launcher_sha256: jail.launcherSha256,
    isolator: jail.isolator,
    runtime: ownKernelKind(),
    seccomp_sha256: jail.seccompSha256,
  };
}

function acceptanceEvidence(
  request: AcceptanceRequest,
  clock: MovedClock,
  tests: readonly TestResult[],
  begun: number,
): EvidenceItem {
  const passed = tests.filter(({ outcome }) => outcome === "pass").length;
  const lines = tests.map(({ test_id, outcome }) => `${outcome} ${test_id}`);
  return {
    kind: "acceptance_run",
    command: [
      "acceptance",
      request.toolchain,
      `seed=${request.seed}`,
      `clock=+${clock.offset_s}s`,
      request.surroundings,
    ],
    exit_code: passed === tests.length ? 0 : 1,
    reason: "exit",
    output: [...lines, `${passed} of ${tests.length} passed`].join("\n"),
    tree_sha256: treeSha256(request.tree),
    duration_ms: Math.round(performance.now() - begun),
  };
}

/** Importing runs the product's code, which may end the process early: only the program's last word makes it a success. */
function importEvidence(request: ImportRequest, end: JailEnd): EvidenceItem {
  const lines = end.stdout.trimEnd().split("\n");
  const finished = lines.at(-1) === "checked";
  const problems = finished ? lines.slice(0, -1) : [...lines, "importing a module ended the process"];
  return {
    kind: "plan_import",
    command: ["imports", request.toolchain, ...request.modules.map(({ path }) => path)],
    exit_code: finished || end.exit_code !== 0 ? end.exit_code : 1,
    reason: end.reason,
    output: shown([...problems, end.stderr].join("\n").trim()),
    tree_sha256: treeSha256(request.tree),
    duration_ms: end.duration_ms,
  };
}

function unknownCommand(command: string): SandboxJobResult {
  const stderr = `there is no check ${JSON.stringify(command)} with these arguments`;
  return { exit_code: null, reason: "unknown_command", stdout: "", stderr, duration_ms: 0 };
}

const shown = (text: string) => cutMiddle(scrub(text), OUTPUT_SHOWN);
