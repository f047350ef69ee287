import type { Tree } from "@aura/shared/models/tree";
import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { SandboxJobResult } from "@aura/shared/schemas/sandbox-job";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { EnvironmentFacts, EvidenceItem, Finding, TestResult } from "@aura/shared/schemas/verification-report";
import type { SurroundingsName } from "../harness/surroundings.ts";
import type { MutantChoice } from "../toolchains/toolchain.ts";
import type { Inspection } from "./source-facts.ts";

export type PlanInterfaces = PlanProduct["interfaces"];

/** Name of a toolchain in shared/src/models/toolchains.ts; every method throws `validation_failed` for another one. */
interface WithToolchain {
  readonly toolchain: string;
}

export interface CheckRequest extends WithToolchain {
  readonly tree: Tree;
  /** One of the toolchain's commands; another one ends with reason `unknown_command`. */
  readonly command: string;
  readonly arguments: readonly string[];
  /** Packages that the product may import, as `installDependencies` gave them. */
  readonly dependencies?: Tree | undefined;
  /** The PRD's attachments by their own path; they lie under `attachments/` in the working directory. */
  readonly attachments: Tree;
}

export interface AcceptanceRequest extends WithToolchain {
  readonly tree: Tree;
  readonly dependencies?: Tree | undefined;
  readonly interfaces: PlanInterfaces;
  readonly prelude: string;
  readonly tests: readonly AcceptanceTest[];
  readonly attachments: Tree;
  /** Whole number that fixes hash order in each process of the product and `Math.random` in the tests. */
  readonly seed: number;
  /** Seconds by which the clock of product and tests is ahead; 0: the machine's own. */
  readonly clock_offset_s: number;
  readonly surroundings: SurroundingsName;
}

export interface AcceptanceResult {
  /** One for each requested test, sorted by test id. */
  readonly tests: TestResult[];
  readonly evidence: EvidenceItem;
  readonly environment: EnvironmentFacts;
  /** Seconds by which the clock was really ahead: 0 where nothing could move it. */
  readonly clock_offset_s: number;
  /** Of an instrumented tree: numbers of the functions that each test reached, by its id, as the product's processes said. */
  readonly reached: Readonly<Record<string, readonly number[]>>;
}

export interface StubRequest extends WithToolchain {
  readonly interfaces: PlanInterfaces;
}

export interface StubResult {
  /** A product that can be imported and started, and fails with `AURA_STUB_REACHED` wherever it is called. */
  readonly tree: Tree;
  /** Signatures and commands that the toolchain cannot read; `subject` is `path:name` or the interface's name. */
  readonly findings: Finding[];
}

export interface StripRequest extends WithToolchain {
  readonly tree: Tree;
}

/** A function of the product: `name` with those it lies in, such as `Wallet.withdraw`. */
export interface ProductFunction {
  readonly path: string;
  readonly name: string;
  readonly line: number;
}

export interface InstrumentResult {
  /** The same tree, whose functions say when they are reached. */
  readonly tree: Tree;
  /** By the number that each says. */
  readonly functions: readonly ProductFunction[];
}

export interface InspectRequest extends WithToolchain {
  readonly tree: Tree;
  readonly prelude: string;
  readonly tests: readonly AcceptanceTest[];
}

export interface MutationRequest extends StripRequest, MutantChoice {}

/** The product with one change in one function. */
export interface Mutant {
  readonly path: string;
  /** With what it lies in, such as `Wallet.withdraw`. */
  readonly function: string;
  readonly line: number;
  /** What kind of change it is, in a word. */
  readonly operator: string;
  /** What is different, without a word of code. */
  readonly behaviour: string;
  /** The changed file. */
  readonly text: string;
}

/** Mutants to run tests on, and under what. */
export interface MutantRunRequest extends AcceptanceRequest {
  /** The changed files of each, and the ids of the tests that may notice it, in the order in which they are run. */
  readonly mutants: readonly {
    readonly files: readonly Pick<Mutant, "path" | "text">[];
    readonly test_ids: readonly string[];
  }[];
  /** No further one is begun after so long. */
  readonly wall_ms: number;
}

export const MUTANT_FATES = ["killed", "survived", "not_run"] as const;
/** `survived`: all its tests passed. */
export type MutantFate = (typeof MUTANT_FATES)[number];

export interface ImportRequest extends WithToolchain {
  readonly tree: Tree;
  readonly dependencies?: Tree | undefined;
  readonly modules: PlanInterfaces["modules"];
}

export interface InstallRequest extends WithToolchain {
  /** Checked: `name` is a name and `version` a range of the toolchain's ecosystem. */
  readonly dependencies: readonly { readonly name: string; readonly version: string }[];
  /** Session of the registry gate, which is all that the package manager can reach. */
  readonly session: string;
}

export interface InstallResult {
  /** `exit`, or the limit that ended the package manager; `unavailable`: there is none here. */
  readonly reason: string;
  readonly exit_code: number | null;
  /** What it printed, cut to 32 KiB. */
  readonly output: string;
  readonly duration_ms: number;
  /** What it installed; null when it failed, or left more than a tree may hold. */
  readonly layer: Tree | null;
}

/**
 * Runs what agents wrote, isolated. Each method first lets the canaries try to break out and throws AuraError
 * `isolation_unavailable` when one succeeds or when nothing here can isolate; nothing ever runs unconfined.
 * All outputs are hostile data: bounded, never parsed as a verdict.
 */
export interface Sandbox {
  /** Level, canary results and versions, measured now. */
  environment(): Promise<EnvironmentFacts>;

  /** Runs one check command over a tree. Output is cut to 32 KiB a stream. */
  runCheck(request: CheckRequest): Promise<SandboxJobResult>;

  /** Makes the stub skeleton that a suite must fail on. */
  buildStub(request: StubRequest): Promise<StubResult>;

  /** Runs a suite. A test is a pass only when it ended, asserted something and reached a process of the product. */
  runAcceptance(request: AcceptanceRequest): Promise<AcceptanceResult>;

  /** The same tree with the body of every function replaced by a failure. */
  stripBodies(request: StripRequest): Promise<Tree>;

  /** The same tree with functions that say when they are reached: what is covered, not what passes, is learnt from it. */
  instrument(request: StripRequest): Promise<InstrumentResult>;

  /** What stands in a product's sources and in the suite that it is judged by; neither is run. */
  inspectSource(request: InspectRequest): Promise<Inspection>;

  /** Changes the product in one place at a time, as often as `count` says: what its tests should notice. */
  makeMutants(request: MutationRequest): Promise<Mutant[]>;

  /** Runs the tests of each mutant until one does not pass; what became of each, in their order. */
  runMutants(request: MutantRunRequest): Promise<MutantFate[]>;

  /** Tries to import what the plan promises; exit_code 0 when every module and symbol is there. */
  checkImports(request: ImportRequest): Promise<EvidenceItem>;

  /** Lets the toolchain's package manager install packages through the registry gate, without running any of their code. */
  installDependencies(request: InstallRequest): Promise<InstallResult>;

  /** Ends every process that this sandbox runs; calls that were under way reject or end with reason `killed`. */
  killAll(): Promise<void>;
}
