import type { Tree } from "@aura/shared/models/tree";
import { AuraError } from "@aura/shared/problems";
import { TreePath } from "@aura/shared/schemas/prd";
import { Finding } from "@aura/shared/schemas/verification-report";
import { z } from "zod";
import type { Toolchain } from "../toolchains/toolchain.ts";
import { listHostile, readHostile } from "./hostile-folder.ts";
import type { JailEnd } from "./jail.ts";
import type { InstrumentResult, Mutant } from "./port.ts";

const FILE_BYTES_MAX = 4 * 1024 * 1024;
const FILES_MAX = 5_000;
const FUNCTIONS_MAX = 20_000;

/**
 * What the stub program left: its files and the findings on its last line of output.
 *
 * @throws {AuraError} `internal` when it did not end well; the interfaces passed their schema before
 */
export function collectStub(end: JailEnd, work: string): { tree: Tree; findings: Finding[] } {
  mustEndWell(end, "the stub skeleton was not made");
  const findings = z.array(Finding).parse(JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? ""));
  const tree = new Map<string, Buffer>();
  for (const path of listHostile(work, FILES_MAX)) {
    const body = TreePath.safeParse(path).success ? readHostile(work, path, FILE_BYTES_MAX) : null;
    if (body !== null) tree.set(path, body);
  }
  return { tree, findings };
}

/**
 * `tree` with the sources replaced that the program rewrote. Only paths that the tree has are read back, only UTF-8
 * text is taken, and a file that was not rewritten stays as it was.
 *
 * @throws {AuraError} `internal` when the program did not end well
 */
export function collectStripped(end: JailEnd, work: string, tree: Tree, toolchain: Toolchain): Tree {
  mustEndWell(end, "function bodies were not removed");
  return rewritten(work, tree, toolchain);
}

function rewritten(work: string, tree: Tree, toolchain: Toolchain): Tree {
  const stripped = new Map(tree);
  for (const path of tree.keys()) {
    const body = toolchain.isSource(path) ? readHostile(work, path, FILE_BYTES_MAX) : null;
    if (body !== null && isText(body)) stripped.set(path, body);
  }
  return stripped;
}

/** A function of the product, as the hostile program that looked for it says. */
export const ProductFunctions = z
  .array(z.strictObject({ path: z.string().max(1024), name: z.string().max(1024), line: z.int().positive() }))
  .max(FUNCTIONS_MAX);

/**
 * The instrumented tree and its functions.
 *
 * @throws {AuraError} `internal` when the program did not end well or its list is none
 */
export function collectInstrumented(end: JailEnd, work: string, tree: Tree, toolchain: Toolchain): InstrumentResult {
  mustEndWell(end, "functions were not instrumented");
  const functions = ProductFunctions.parse(JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? ""));
  return { tree: rewritten(work, tree, toolchain), functions };
}

/** Where and how a mutant differs, as the hostile program that made it says. */
export const MutantPlace = z.strictObject({
  path: z.string().max(1024),
  function: z.string().max(1024),
  line: z.int().positive(),
  operator: z.string().max(100),
  behaviour: z.string().max(1000),
});

/**
 * The mutants; one whose file is missing, no text, or none of the product's is left out.
 *
 * @throws {AuraError} `internal` when the program did not end well or its list is none
 */
export function collectMutants(end: JailEnd, work: string, tree: Tree, count: number): Mutant[] {
  mustEndWell(end, "no mutants were made");
  const places = z.array(MutantPlace).parse(JSON.parse(end.stdout.trimEnd().split("\n").at(-1) ?? ""));
  return places.slice(0, count).flatMap((place, n) => {
    const body = tree.has(place.path) ? readHostile(work, `${n}/${place.path}`, FILE_BYTES_MAX) : null;
    return body !== null && isText(body) ? [{ ...place, text: body.toString("utf8") }] : [];
  });
}

function mustEndWell(end: JailEnd, what: string): void {
  if (end.reason === "exit" && end.exit_code === 0) return;
  throw new AuraError("internal", `${what} (${end.reason}): ${end.stderr.slice(-400)}`);
}

function isText(body: Buffer): boolean {
  return Buffer.from(body.toString("utf8"), "utf8").equals(body);
}
