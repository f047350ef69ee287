import { VERIFICATION_OUTCOMES } from "@aura/shared/enums/verification";
import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, onlyOutcome } from "@aura/shared/postgres/verbs";
import { REQUIREMENT_STATES } from "@aura/shared/schemas/api/coverage";
import { z } from "zod";
import { auditorContext } from "./context.ts";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Delivery = z.object({
  log_id: z.uuid(),
  run: z.object({
    id: z.uuid(),
    title: z.string(),
    toolchain: z.string(),
    oversight: z.string(),
    strict_policy: z.boolean(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    base_run_id: z.uuid().nullable(),
    stop_reason: z.enum(["verified", "partial"]),
    started_at: z.string(),
    finished_at: z.string(),
  }),
  prd: z.object({ sha256: Sha256, attachments_sha256: Sha256 }),
  plan: z.object({ id: z.uuid(), revision: z.int(), sha256: Sha256 }).nullable(),
  suite: z.object({ version: z.int(), sha256: Sha256 }).nullable(),
  base: z.object({ run_id: z.uuid(), tree_sha256: Sha256 }).nullable(),
  revision: z.object({ id: z.uuid(), number: z.int(), tree_sha256: Sha256 }),
  /** Whose decision a partial delivery was; null: it was delivered as verified. */
  deliver_partial: z.object({ director_action_id: z.uuid(), reason_sha256: Sha256 }).nullable(),
  /** The judgement of exactly this tree that counts; null: nobody judged it. Source: database/functions/delivery_judgement.sql */
  verification: z
    .object({
      id: z.uuid(),
      kind: z.enum(["assembly", "implement"]),
      outcome: z.enum(VERIFICATION_OUTCOMES),
      report_sha256: Sha256,
      environment_sha256: Sha256.nullable(),
      sandbox_level: z.string().nullable(),
      auditor: z.string(),
      created_at: z.string(),
    })
    .nullable(),
  requirements: z.array(z.object({ key: z.string(), priority: z.string(), state: z.enum(REQUIREMENT_STATES) })),
  /** Of the suite; those that the judgement did not run, too. */
  tests: z.array(z.object({ test_id: z.string(), outcome: z.enum(["pass", "fail", "error", "not_run"]) })),
  evidence: z.array(z.object({ kind: z.string(), output_sha256: Sha256 })),
});
/** What the log has about delivered software. Times are RFC 3339 in whole seconds, UTC. */
export type Delivery = z.infer<typeof Delivery>;

const seconds = (expression: string) => `to_char(${expression}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
const hex = (expression: string) => `encode(${expression}, 'hex')`;

/**
 * Runs that delivered something and have no attestation yet, oldest first.
 *
 * @param except runs that are left out
 */
export async function readUnattestedRuns(db: Queryable, except: readonly string[], limit: number): Promise<string[]> {
  const { rows } = await db.query(
    `select r.id from orchestra_runs r
      where r.status = 'completed' and not exists (select from attestations a where a.run_id = r.id)
        and r.id <> all ($1::uuid[])
      order by r.finished_at limit $2`,
    [except, limit],
  );
  return z
    .array(z.object({ id: z.uuid() }))
    .parse(rows)
    .map(({ id }) => id);
}

/**
 * The delivery of a run with what was judged about it, and what persons decided. An override to `fail` and an inspection that a
 * person failed are failures; an inspection that nobody made was not run.
 *
 * @returns null where there is none
 */
export async function readDelivery(db: Queryable, runId: string): Promise<Delivery | null> {
  const { rows } = await db.query(
    `select s.log_id,
            jsonb_build_object('id', r.id, 'title', r.title, 'toolchain', r.toolchain, 'oversight', r.oversight,
              'strict_policy', r.strict_policy, 'provider', r.provider, 'model', r.model, 'base_run_id', r.base_run_id,
              'stop_reason', r.stop_reason,
              'started_at', ${seconds("r.started_at")}, 'finished_at', ${seconds("r.finished_at")}) as run,
            jsonb_build_object('sha256', ${hex("d.body_sha256")}, 'attachments_sha256', ${hex("d.attachments_sha256")}) as prd,
            case when p.id is not null then jsonb_build_object('id', p.id, 'revision', p.revision, 'sha256', ${hex("p.content_sha256")}) end as plan,
            case when u.id is not null then jsonb_build_object('version', u.version, 'sha256', ${hex("u.content_sha256")}) end as suite,
            case when b.id is not null then jsonb_build_object('run_id', b.run_id, 'tree_sha256', ${hex("b.tree_sha256")}) end as base,
            jsonb_build_object('id', e.id, 'number', e.number, 'tree_sha256', ${hex("e.tree_sha256")}) as revision,
            (select jsonb_build_object('director_action_id', a.id, 'reason_sha256', ${hex("sha256(convert_to(a.reason, 'UTF8'))")})
               from director_actions a
              where r.stop_reason = 'partial' and a.action = 'deliver_partial' and a.target_id = r.id and a.outcome = 'done'
              order by a.created_at, a.id limit 1) as deliver_partial,
            case when v.id is not null then jsonb_build_object('id', v.id, 'kind', w.kind, 'outcome', v.outcome,
              'report_sha256', ${hex("v.report_sha256")}, 'environment_sha256', ${hex("v.environment_sha256")}, 'sandbox_level', v.sandbox_level,
              'auditor', v.auditor, 'created_at', ${seconds("v.created_at at time zone 'UTC'")}) end as verification,
            (select coalesce(jsonb_agg(jsonb_build_object('key', q.key, 'priority', q.priority, 'state',
                      case when q.set_aside_by is not null then 'set_aside'
                           when q.override_verdict = 'fail' then 'fail'
                           when q.overridden_by is not null then 'overridden'
                           when q.verification_method = 'inspection'
                             then case q.inspection_verdict when 'pass' then 'inspection' when 'fail' then 'fail' else 'not_run' end
                           else coalesce(c.verdict, 'not_run') end) order by length(q.key), q.key), '[]')
               from requirements q left join verdicts c on c.requirement_id = q.id and c.verification_id = v.id
              where q.run_id = r.id) as requirements,
            (select coalesce(jsonb_agg(jsonb_build_object('test_id', t.test_id, 'outcome', t.outcome) order by t.test_id collate "C"), '[]')
               from (select x.test_id, x.outcome from test_results x where x.verification_id = v.id
                     union all
                     select n.id, 'not_run' from jsonb_to_recordset(convert_from(k.body, 'UTF8')::jsonb->'tests') n (id text)
                      where not exists (select from test_results x where x.verification_id = v.id and x.test_id = n.id)) t) as tests,
            (select coalesce(jsonb_agg(jsonb_build_object('kind', x.kind, 'output_sha256', ${hex("x.output_sha256")}) order by x.created_at, x.id), '[]')
               from evidence x where x.verification_id = v.id) as evidence
       from audit_log_state s
       cross join orchestra_runs r
       join prds d on d.id = r.prd_id
       join revisions e on e.id = r.delivered_revision_id
       left join verifications v on v.id = delivery_judgement(r.id)
       left join verification_requests w on w.id = v.request_id
       left join plans p on p.id = r.plan_id
       left join suites u on u.id = r.suite_id
       left join blobs k on k.sha256 = u.content_sha256
       left join orchestra_runs o on o.id = r.base_run_id
       left join revisions b on b.id = o.delivered_revision_id
      where r.id = $1 and r.status = 'completed'`,
    [runId],
  );
  return rows[0] === undefined ? null : Delivery.parse(rows[0]);
}

/** Whether the log knows this key for attestations. */
export async function isAttestationKey(db: Queryable, verifierKey: string): Promise<boolean> {
  const { rows } = await db.query("select from attestation_keys where verifier_key = $1", [verifierKey]);
  return rows.length > 0;
}

/** Source: database/functions/register_attestation_keys.sql */
export async function registerAttestationKey(db: Queryable, holder: string, verifierKey: string) {
  return onlyOutcome(await callVerb(db, "register_attestation_keys", auditorContext(holder), [verifierKey]));
}

export interface NewAttestation {
  readonly id: string;
  readonly run_id: string;
  readonly verification_id: string | null;
  readonly provenance_sha256: string;
  readonly test_result_sha256: string;
  readonly sbom_sha256: string;
  readonly verifier_key: string;
}

/** Source: database/functions/record_attestations.sql */
export async function recordAttestation(db: Queryable, holder: string, attestation: NewAttestation) {
  return onlyOutcome(await callVerb(db, "record_attestations", auditorContext(holder), [attestation]));
}

const LogId = z.object({ log_id: z.uuid() });

/** The name that keys for attestations have. */
export async function readAttesterName(db: Queryable): Promise<string> {
  const { rows } = await db.query("select log_id from audit_log_state");
  return `aura_orchestra/${LogId.parse(rows[0]).log_id}/attestation`;
}
