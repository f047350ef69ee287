import { existsSync } from "node:fs";
import { release } from "node:os";
import type { Tree } from "@aura/shared/models/tree";
import { AuraError } from "@aura/shared/problems";
import type { SandboxJobResult } from "@aura/shared/schemas/sandbox-job";
import type { EnvironmentFacts, EvidenceItem } from "@aura/shared/schemas/verification-report";
import { Semaphore } from "@aura/shared/semaphore";
import { movedClock } from "../harness/moved-clock.ts";
import { fatesOfMutants } from "../harness/run-mutants.ts";
import { runSuite } from "../harness/run-suite.ts";
import { requireToolchain } from "../toolchains/registry.ts";
import { jailed, type Launch, type Toolchain } from "../toolchains/toolchain.ts";
import { runCanaries } from "./canaries.ts";
import { inspectSource } from "./inspect-job.ts";
import { installDependencies } from "./install-job.ts";
import type { Jail, JailEnd } from "./jail.ts";
import { acceptanceEvidence, importEvidence, shown } from "./job-evidence.ts";
import { type Folders, unpackProduct, withFolders, withSetting } from "./job-folders.ts";
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
  MutantFate,
  MutantRunRequest,
  MutationRequest,
  Sandbox,
  StripRequest,
  StubRequest,
  StubResult,
} from "./port.ts";
import { collectInstrumented, collectMutants, collectStripped, collectStub } from "./program-results.ts";
import type { Inspection } from "./source-facts.ts";

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
    requireToolchain(request.toolchain);
    return this.inJail(async (jail) => {
      const environment = await measure(jail);
      const begun = performance.now();
      const product = unpackProduct(jail, request.tree);
      try {
        const clock = movedClock(request.clock_offset_s);
        const { tests, reached } = await withSetting(jail, request, clock, (setting) =>
          runSuite(request, { ...setting, product }, () => this.jail !== jail),
        );
        const evidence = acceptanceEvidence(request, clock, tests, begun);
        return { tests, evidence, environment, clock_offset_s: clock.offset_s, reached };
      } finally {
        jail.discard(product);
      }
    });
  }

  async runMutants(request: MutantRunRequest): Promise<MutantFate[]> {
    requireToolchain(request.toolchain);
    const { tree, prelude, wall_ms } = request;
    const tests = new Map(request.tests.map((test) => [test.id, test]));
    const trials = request.mutants.map(({ files, test_ids }) => ({
      tree: new Map([...tree, ...files.map(({ path, text }) => [path, Buffer.from(text, "utf8")] as const)]),
      tests: test_ids.flatMap((id) => tests.get(id) ?? []),
    }));
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      const unpack = (changed: Tree) => unpackProduct(jail, changed);
      const ending = { stopped: () => this.jail !== jail, discard: jail.discard };
      return withSetting(jail, request, movedClock(request.clock_offset_s), (setting) =>
        fatesOfMutants({ prelude, trials, wall_ms, unpack, ...ending }, setting),
      );
    });
  }

  async stripBodies(request: StripRequest): Promise<Tree> {
    return this.takeApart(
      request,
      (toolchain) => toolchain.strip(),
      (end, work, toolchain) => collectStripped(end, work, request.tree, toolchain),
    );
  }

  async instrument(request: StripRequest): Promise<InstrumentResult> {
    return this.takeApart(
      request,
      (toolchain) => toolchain.instrument(),
      (end, work, toolchain) => collectInstrumented(end, work, request.tree, toolchain),
    );
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
    return this.takeApart(
      request,
      (toolchain) => toolchain.mutate({ seed, count, functions }),
      (end, work) => collectMutants(end, work, tree, count),
    );
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

  /** Lets one of the toolchain's programs work on the sources of a product, and reads what it wrote. */
  private takeApart<T>(
    { tree, toolchain: name }: StripRequest,
    launchOf: (toolchain: Toolchain) => Launch,
    collect: (end: JailEnd, work: string, toolchain: Toolchain) => T,
  ): Promise<T> {
    const toolchain = requireToolchain(name);
    return this.inJail(async (jail) => {
      await runCanaries(jail);
      return withFolders(jail, { ...EMPTY, tree }, async (folders) =>
        collect(await runProgram(jail, toolchain, launchOf(toolchain), folders), folders.work, toolchain),
      );
    });
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

function unknownCommand(command: string): SandboxJobResult {
  const stderr = `there is no check ${JSON.stringify(command)} with these arguments`;
  return { exit_code: null, reason: "unknown_command", stdout: "", stderr, duration_ms: 0 };
}
