import { z } from "zod";

/** Where packages of a toolchain come from. */
export const ECOSYSTEMS = ["npm", "pypi"] as const;
export type Ecosystem = (typeof ECOSYSTEMS)[number];

/** A package as an architect plans it; `version` is a range of its ecosystem (`^4.1.0`, `>=2,<3`), or empty for any. */
export const PlannedDependency = z.strictObject({
  name: z.string().min(1).max(214),
  version: z.string().max(100),
  reason: z.string(),
});
export type PlannedDependency = z.infer<typeof PlannedDependency>;

/** A package as it was fetched: exactly these bytes lie in the layer. */
export const ResolvedPackage = z.strictObject({
  name: z.string(),
  version: z.string(),
  /** As the package states it, an SPDX expression where it does; null: it states none. */
  licence: z.string().nullable(),
  /** `sha512-<base64>` (npm) or `sha256:<hex>` (pypi) of the archive. */
  integrity: z.string(),
  /** Named in the plan; false: another package needs it. */
  direct: z.boolean(),
});
export type ResolvedPackage = z.infer<typeof ResolvedPackage>;

/** What the Auditor fetched for a plan, once, before anything was built on it. */
export const DependencyResolution = z.strictObject({
  ecosystem: z.enum(ECOSYSTEMS),
  /** Address of the registry that was asked. */
  registry: z.string(),
  /** Hash of the tree that every verification of the plan's products mounts read-only. */
  layer_sha256: z.string(),
  files: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  packages: z.array(ResolvedPackage),
});
export type DependencyResolution = z.infer<typeof DependencyResolution>;
