import { z } from "zod";
import { DependencyResolution } from "../dependencies.ts";
import { PlanProduct } from "../plan-product.ts";
import { SuiteProduct } from "../suite-product.ts";
import { Id, Sha256, Timestamp } from "./conventions.ts";

/** The accepted plan. `digest` is what its approval binds: blocks, requirements and plan. */
export const Plan = z
  .strictObject({
    id: Id,
    run_id: Id,
    revision: z.int(),
    digest: Sha256,
    content_sha256: Sha256,
    verification_id: Id,
    created_at: Timestamp,
    ...PlanProduct.shape,
    resolution: DependencyResolution.nullable().meta({
      description: "what was fetched for its dependencies: every package with version, licence and integrity",
    }),
    dag: z.array(z.strictObject({ from: z.string(), to: z.string() })).meta({
      description: "edges between task keys: `to` waits for `from`",
    }),
  })
  .meta({ id: "Plan" });
export type Plan = z.infer<typeof Plan>;

export const SuiteQuery = z.strictObject({ version: z.coerce.number().int().positive().optional() });

/** The acceptance suite with its tests' bodies: for directors and observers, never for agents that code. */
export const Suite = z
  .strictObject({
    id: Id,
    run_id: Id,
    version: z.int(),
    current: z.boolean(),
    content_sha256: Sha256,
    verification_id: Id.nullable(),
    author_agent_id: Id.nullable(),
    replaces_test_ids: z.array(z.string()),
    created_at: Timestamp,
    prelude: SuiteProduct.shape.prelude.unwrap(),
    tests: SuiteProduct.shape.tests,
    versions: z.array(
      z.strictObject({
        version: z.int(),
        content_sha256: Sha256,
        author_agent_id: Id.nullable(),
        replaces_test_ids: z.array(z.string()),
        created_at: Timestamp,
      }),
    ),
    disputes: z.array(
      z.strictObject({
        id: Id,
        task_id: Id,
        attempt: z.int(),
        test_id: z.string(),
        basis: z.string(),
        ruling: z.enum(["upheld", "replaced"]).nullable(),
        dispute_task_id: Id.nullable(),
        created_at: Timestamp,
        ruled_at: Timestamp.nullable(),
      }),
    ),
  })
  .meta({ id: "Suite" });
export type Suite = z.infer<typeof Suite>;
