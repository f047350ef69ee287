import { readFileSync } from "node:fs";
import type { Tree } from "@aura/shared/models/tree";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import { z } from "zod";

const Recording = z.object({
  toolchain: z.string(),
  calls: z.array(
    z.object({
      kind: z.string(),
      reply: z.object({ tool_calls: z.array(z.object({ name: z.string(), arguments: z.string() })) }),
    }),
  ),
});

const Suite = z.object({ prelude: z.string(), tests: z.array(z.unknown()) });

/** What the agents of a shipped example handed in. */
export interface RecordedProduct {
  readonly toolchain: string;
  readonly plan: PlanProduct;
  /** All that whoever built it was told, besides the plan. */
  readonly told: readonly string[];
  /** One for each part of the suite. */
  readonly suites: readonly { readonly prelude: string; readonly tests: readonly AcceptanceTest[] }[];
  readonly tree: Tree;
}

export function recordedProduct(example: string): RecordedProduct {
  const read = (name: string) =>
    readFileSync(new URL(`../../../../docs/examples/${example}/${name}`, import.meta.url), "utf8");
  const { toolchain, calls } = Recording.parse(JSON.parse(read("recording.json")));
  const all = calls.flatMap(({ kind, reply }) => reply.tool_calls.map((call) => ({ kind, ...call })));
  const argumentsOf = (name: string): unknown[] =>
    all.filter((call) => call.name === name).map((call) => JSON.parse(call.arguments));
  const { self_confidence: _, ...plan } = z.looseObject({}).parse(argumentsOf("submit_plan")[0]);
  return {
    toolchain,
    plan: PlanProduct.parse(plan),
    told: [read("PRD.md"), JSON.stringify(argumentsOf("submit_requirements"))],
    suites: argumentsOf("submit_acceptance_tests").map((suite) => Suite.parse(suite) as never),
    tree: treeOf(all.filter(({ kind }) => kind === "implement")),
  };
}

const Edit = z.object({
  path: z.string(),
  content: z.string().default(""),
  old: z.string().default(""),
  new: z.string().default(""),
});

function treeOf(calls: readonly { readonly name: string; readonly arguments: string }[]): Tree {
  const texts = new Map<string, string>();
  for (const { name, arguments: text } of calls.filter((call) => /^(?:write|edit)_file$/.test(call.name))) {
    const { path, content, old, new: fresh } = Edit.parse(JSON.parse(text));
    texts.set(path, name === "write_file" ? content : (texts.get(path) ?? "").replace(old, () => fresh));
  }
  return new Map([...texts].map(([path, text]) => [path, Buffer.from(text)]));
}
