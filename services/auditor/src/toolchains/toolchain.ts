import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { Finding } from "@aura/shared/schemas/verification-report";
import type { Limits } from "../sandbox/limits.ts";

export type PlanInterfaces = PlanProduct["interfaces"];

/** A failing stub, or a function whose body was removed, says this on stderr or in its exception. */
export const STUB_MARKER = "AURA_STUB_REACHED";

/** A probe says this on its last line of stderr when nothing of the product was loaded. */
export const UNTOUCHED_MARKER = "AURA_PRODUCT_UNTOUCHED";

/** An instrumented function says this with its number, as a line of its own on stderr, when a process first reaches it. */
export const REACHED_MARKER = "AURA_REACHED";

/** A process to start in /work with the product at /product. */
export interface Launch {
  readonly argv: readonly string[];
  readonly stdin: string | null;
}

/** Which mutants to make; the same choice gives the same mutants. */
export interface MutantChoice {
  readonly seed: number;
  /** At most so many. */
  readonly count: number;
  /** The functions to change, each as `path:name`. */
  readonly functions: readonly string[];
}

export interface PlannedPackage {
  readonly name: string;
  readonly version: string;
}

export interface LayerPlace {
  /** Path under /dependencies of a file under /work; null: it is not kept. */
  inside(path: string): string | null;
}

/**
 * One language: how its products are started, probed and taken apart. Everything here is a description of processes;
 * the sandbox runs them, and what they print is data from a hostile process.
 */
export interface Toolchain {
  readonly name: string;

  /** Its processes, and those that they start, find Node on PATH as `node`. */
  readonly needsNode: boolean;

  /** Environment of every process of a product. `seed` fixes what the language would randomise. */
  environment(seed: number): Record<string, string>;

  /** Problems of a plan's interfaces that show without running anything. */
  interfaceFindings(interfaces: PlanInterfaces): Finding[];

  /** A check command of shared/src/models/toolchains.ts; null for an unknown one. */
  check(command: string, args: readonly string[]): Launch | null;

  /** The command line of the plan with a test's arguments. */
  commandLine(command: readonly string[], args: readonly string[]): string[];

  /** Runs `snippet` with the product importable; its last line of stdout is the JSON value. */
  probe(snippet: string, stdin: string | null): Launch;

  /** Writes a stub skeleton of `interfaces` into /work and prints a JSON array of findings. */
  stub(interfaces: PlanInterfaces): Launch;

  /** Writes the files of /product whose functions it could remove into /work; `isSource` names the files it may write. */
  strip(): Launch;
  isSource(path: string): boolean;

  /**
   * Writes the files of /product into /work so that their functions say when they are reached (`REACHED_MARKER`), and prints
   * a JSON array of {path, name, line}, one for each number.
   */
  instrument(): Launch;

  /**
   * Writes the file that the n-th mutant of /product changes to <n>/<path> in /work, and prints a JSON array of {path, function,
   * line, operator, behaviour}, one for each.
   */
  mutate(choice: MutantChoice): Launch;

  /**
   * Installs packages into /work without running code of any of them.
   *
   * @param registry address of the registry gate's session, without a slash at its end
   * @param npm folder of npm's own package inside; empty for toolchains without Node
   */
  install(dependencies: readonly PlannedPackage[], registry: string, npm: string): Launch;
  /** Which of the files in /work are the packages, and where they lie under /dependencies. */
  readonly layer: LayerPlace;

  /** Exit code 0 when all of `modules` can be imported and hold their symbols; problems one a line on stdout. */
  imports(modules: PlanInterfaces["modules"]): Launch;
}

/** The part of a process's jail that follows from its toolchain. Node reserves address space far beyond what it uses. */
export function jailed({ needsNode }: Toolchain, limits: Limits): { readonly node: boolean; readonly limits: Limits } {
  return { node: needsNode, limits: needsNode ? { ...limits, address_space_bytes: null } : limits };
}
