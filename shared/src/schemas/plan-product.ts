import { z } from "zod";
import { PlannedDependency } from "./dependencies.ts";
import { TreePath } from "./prd.ts";

/** A file scope: an exact path, or `folder/**` for everything below a folder. */
export const FileScope = z.union([TreePath, z.string().regex(/^[^*\\]+\/\*\*$/)]);

const SymbolName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);

export const ModuleSymbol = z.strictObject({
  kind: z.enum(["function", "class", "constant", "exception"]),
  name: SymbolName,
  /** In the product's language, without body: `def parse(path: str) -> Journal` or `class Journal`. */
  signature: z.string().min(1),
  /** For a class: the signatures of its methods. */
  methods: z.array(z.string()).default([]),
  doc: z.string().default(""),
});

export const CommandLine = z.strictObject({
  name: z.string().min(1),
  /** How it is started from a folder that is not the product's: `["python3", "-m", "tally"]`. */
  command: z.array(z.string().min(1)).min(1),
  usage: z.string().min(1),
});

export const HttpInterface = z.strictObject({
  name: z.string().min(1),
  command: z.array(z.string().min(1)).min(1),
  /** Environment variable that tells the product its port on 127.0.0.1. */
  port_variable: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
  ready_path: z.string().startsWith("/"),
  routes: z.array(z.string().min(1)).min(1),
});

export const PlannedTask = z.strictObject({
  key: z.string().regex(/^T\d+$/),
  title: z.string().min(3).max(200),
  description: z.string().min(3),
  /** Requirements it works on; their text is in its context. */
  requirement_ids: z.array(z.string().regex(/^R\d+$/)).min(1),
  /** Requirements whose tests must pass on the tree once this task is in: it is their closing task. */
  closes: z.array(z.string().regex(/^R\d+$/)),
  depends_on: z.array(z.string().regex(/^T\d+$/)),
  file_scope: z.array(FileScope).min(1),
});
export type PlannedTask = z.infer<typeof PlannedTask>;

/** What the architect submits for a `plan` task. */
export const PlanProduct = z.strictObject({
  toolchain: z.string().min(1),
  summary: z.string().min(3),
  components: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        purpose: z.string().min(3),
        paths: z.array(FileScope).min(1),
        requirement_ids: z.array(z.string().regex(/^R\d+$/)).min(1),
      }),
    )
    .min(1),
  interfaces: z.strictObject({
    modules: z.array(z.strictObject({ path: TreePath, purpose: z.string().min(1), symbols: z.array(ModuleSymbol) })),
    cli: z.array(CommandLine),
    http: z.array(HttpInterface),
  }),
  dependencies: z.array(PlannedDependency),
  tasks: z.array(PlannedTask).min(1),
});
export type PlanProduct = z.infer<typeof PlanProduct>;
