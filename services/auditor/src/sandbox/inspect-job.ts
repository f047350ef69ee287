import { AuraError } from "@aura/shared/problems";
import type { z } from "zod";
import { suiteLiterals } from "../harness/suite-literals.ts";
import type { Launch, Toolchain } from "../toolchains/toolchain.ts";
import { readHostile } from "./hostile-folder.ts";
import type { JailEnd } from "./jail.ts";
import type { InspectRequest } from "./port.ts";
import { type Inspection, SourceFacts, SuiteLiterals } from "./source-facts.ts";

const FACTS_BYTES_MAX = 16 * 1024 * 1024;
/** What a source can bring about that is read, and not run. */
const OVERWHELMED = new Set(["timeout", "cpu", "memory", "disk", "file_size", "output", "killed"]);

/**
 * Has the suite and the product's sources read, one program after the other.
 *
 * @param run runs one of the Auditor's own programs with the product in its sandbox and `work` as its working directory
 * @throws {AuraError} `internal` when a program failed by itself: what was read is not to blame
 */
export async function inspectSource(
  toolchain: Toolchain,
  { prelude, tests }: InspectRequest,
  work: string,
  run: (needs: Pick<Toolchain, "needsNode">, launch: Launch) => Promise<JailEnd>,
): Promise<Inspection> {
  const suite = await run({ needsNode: true }, suiteLiterals(prelude, tests));
  if (!endedWell(suite)) fail("the suite could not be read", suite);
  const read = readFacts(work, "suite.json", SuiteLiterals) ?? fail("the suite gave no literals", suite);
  const literals = [...new Set(read.flatMap(({ inputs, expected }) => [...inputs, ...expected]))];
  const end = await run(toolchain, toolchain.inspect(literals));
  if (!endedWell(end) && !OVERWHELMED.has(end.reason)) fail("the sources could not be read", end);
  const facts = endedWell(end) ? readFacts(work, "facts.json", SourceFacts) : null;
  if (facts === null) return { complete: false, standard_modules: [], files: [], tests: read, literals };
  return { complete: true, ...facts, tests: read, literals };
}

const endedWell = ({ reason, exit_code }: JailEnd) => reason === "exit" && exit_code === 0;

/** Null when there is no such file, or it is larger than anything that is worth reading. */
function readFacts<T>(work: string, path: string, schema: z.ZodType<T>): T | null {
  const body = readHostile(work, path, FACTS_BYTES_MAX);
  return body === null ? null : schema.parse(JSON.parse(body.toString("utf8")));
}

function fail(what: string, end: JailEnd): never {
  throw new AuraError("internal", `${what} (${end.reason}): ${end.stderr.slice(-400)}`);
}
