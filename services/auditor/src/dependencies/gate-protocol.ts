import { ECOSYSTEMS, PlannedDependency } from "@aura/shared/schemas/dependencies";
import { z } from "zod";
import { DependencyRules } from "./rules.ts";

/** What the Auditor and the registry gate say to each other; the package managers speak to it as to a registry. */
export const OpenSession = z.strictObject({
  ecosystem: z.enum(ECOSYSTEMS),
  rules: DependencyRules,
  dependencies: z
    .array(PlannedDependency.pick({ name: true, version: true }))
    .min(1)
    .max(50),
});
export type OpenSession = z.infer<typeof OpenSession>;

export const Refusal = z.strictObject({ name: z.string(), reason: z.string() });
export type Refusal = z.infer<typeof Refusal>;

export const SessionOpened = z.strictObject({
  /** Unguessable; first part of every path that the package manager asks for. */
  id: z.string(),
  registry: z.string(),
  refusals: z.array(Refusal),
  /** The registry could not be asked: why. */
  unavailable: z.string().nullable(),
});
export type SessionOpened = z.infer<typeof SessionOpened>;

/** A package whose archive was handed out, with the bytes that the registry promised. */
export const ServedPackage = z.strictObject({
  name: z.string(),
  version: z.string(),
  integrity: z.string(),
  /** Null: not stated, or stated inside the archive only. */
  licence: z.string().nullable(),
  has_install_script: z.boolean(),
});
export type ServedPackage = z.infer<typeof ServedPackage>;

export const SessionRecord = z.strictObject({
  served: z.array(ServedPackage),
  /** Versions and packages that were kept back. */
  refusals: z.array(Refusal),
  unavailable: z.string().nullable(),
});
export type SessionRecord = z.infer<typeof SessionRecord>;
