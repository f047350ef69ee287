import type { Queryable } from "@aura/shared/postgres/client";
import { Approval } from "@aura/shared/schemas/api/approval";
import { DirectorAction } from "@aura/shared/schemas/api/director-action";
import { Budget, Policy, PolicyDecision } from "@aura/shared/schemas/api/governance";
import { hex, type PageRequest, pageOfRows, readAll, readOne, usd, utc } from "./read-rows.ts";

const ApprovalRow = Approval.extend({ content_sha256: Approval.shape.digest });

const APPROVAL = `
  select id, run_id, kind, status, ${hex("digest")} as digest, ${hex("content_sha256")} as content_sha256, subject_id,
         question, answer, decided_by, ${utc("decided_at")} as decided_at, ${utc("used_at")} as used_at,
         ${utc("expires_at")} as expires_at, ${utc("created_at")} as created_at
  from approvals`;

export function readApproval(db: Queryable, approval_id: string) {
  return readOne(db, ApprovalRow, `${APPROVAL} where id = $1`, [approval_id]);
}

/** Newest first. */
export async function readApprovals(
  db: Queryable,
  filter: { status?: string | undefined; kind?: string | undefined; run_id?: string | undefined },
  page: PageRequest,
) {
  const [at, id] = page.after ?? [null, null];
  const rows = await readAll(
    db,
    ApprovalRow,
    `${APPROVAL}
     where ($1::text is null or status = $1) and ($2::text is null or kind = $2) and ($3::uuid is null or run_id = $3)
       and ($4::timestamptz is null or (approvals.created_at, id) < ($4::timestamptz, $5::uuid))
     order by approvals.created_at desc, id desc limit $6`,
    [filter.status ?? null, filter.kind ?? null, filter.run_id ?? null, at, id, page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => [row.created_at, row.id]);
}

const DirectorActionRow = DirectorAction.omit({ sealed: true, proof_url: true });

const DIRECTOR_ACTION = `
  select id, action, target_id, reason, director_id, outcome, code, detail, request_id, ${utc("created_at")} as created_at
  from director_actions`;

export function readDirectorAction(db: Queryable, action_id: string) {
  return readOne(db, DirectorActionRow, `${DIRECTOR_ACTION} where id = $1`, [action_id]);
}

/** What is told without a reason: to start a run. */
const RunActionRow = DirectorActionRow.extend({ reason: DirectorActionRow.shape.reason.nullable() });

/** What persons did to a run, its tasks, requirements and approvals, oldest first; refused acts too. */
export function readRunActions(db: Queryable, run_id: string) {
  return readAll(
    db,
    RunActionRow,
    `${DIRECTOR_ACTION}
     where target_id = any (array(select $1::uuid union all select id from task_queue where run_id = $1
       union all select id from requirements where run_id = $1 union all select id from approvals where run_id = $1))
     order by director_actions.created_at, id`,
    [run_id],
  );
}

/** The newest version of every policy, by key. */
export async function readPolicies(db: Queryable, page: PageRequest) {
  const rows = await readAll(
    db,
    Policy,
    `select distinct on (key) key, version, value, description, ${utc("created_at")} as created_at
     from policies where $1::text is null or key > $1 order by key, version desc limit $2`,
    [page.after?.[0] ?? null, page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => [row.key]);
}

/** Newest first. */
export async function readPolicyDecisions(
  db: Queryable,
  filter: {
    run_id?: string | undefined;
    task_id?: string | undefined;
    policy_key?: string | undefined;
    decision?: string | undefined;
  },
  page: PageRequest,
) {
  const [at, id] = page.after ?? [null, null];
  const rows = await readAll(
    db,
    PolicyDecision,
    `select id, run_id, task_id, policy_key, policy_version, decision, subject, reason, ${utc("created_at")} as created_at
     from policy_decisions
     where ($1::uuid is null or run_id = $1) and ($2::uuid is null or task_id = $2)
       and ($3::text is null or policy_key = $3) and ($4::text is null or decision = $4)
       and ($5::timestamptz is null or (policy_decisions.created_at, id) < ($5::timestamptz, $6::uuid))
     order by policy_decisions.created_at desc, id desc limit $7`,
    [
      filter.run_id ?? null,
      filter.task_id ?? null,
      filter.policy_key ?? null,
      filter.decision ?? null,
      at,
      id,
      page.limit + 1,
    ],
  );
  return pageOfRows(rows, page, (row) => [row.created_at, row.id]);
}

/** Calls of one run with what each costs now: settled where known, else what was reserved. */
const CALLS = `
  select task_id, provider, model, status = 'reserved' as open,
         case when status = 'reserved' then reserved_usd else coalesce(usd, reserved_usd) end as usd,
         case when status = 'reserved' then reserved_tokens
              else coalesce(input_tokens + output_tokens, reserved_tokens) end as tokens
  from model_calls where run_id = $1`;

export function readBudget(db: Queryable, run_id: string): Promise<Budget | null> {
  return readOne(
    db,
    Budget,
    `with calls as (${CALLS}),
     sums as (
       select coalesce(sum(usd) filter (where not open), 0) as usd, coalesce(sum(usd) filter (where open), 0) as usd_open,
              coalesce(sum(tokens) filter (where not open), 0) as tokens,
              coalesce(sum(tokens) filter (where open), 0) as tokens_open, count(*) as calls
       from calls)
     select r.id as run_id,
            jsonb_build_object('limit', ${usd("r.usd_limit")}, 'settled', ${usd("s.usd")}, 'reserved', ${usd("s.usd_open")},
              'left', ${usd("greatest(r.usd_limit - s.usd - s.usd_open, 0)")}) as usd,
            jsonb_build_object('limit', r.tokens_limit, 'settled', s.tokens, 'reserved', s.tokens_open,
              'left', greatest(r.tokens_limit - s.tokens - s.tokens_open, 0)) as tokens,
            s.calls,
            coalesce((select jsonb_agg(jsonb_build_object('provider', provider, 'model', model, 'calls', n,
                        'usd', ${usd("usd")}, 'tokens', tokens) order by provider, model)
                      from (select provider, model, count(*) as n, sum(usd) as usd, sum(tokens) as tokens
                            from calls group by provider, model) m), '[]') as by_model,
            coalesce((select jsonb_agg(jsonb_build_object('task_id', task_id, 'key', key, 'calls', n,
                        'usd', ${usd("usd")}, 'tokens', tokens) order by key)
                      from (select c.task_id, t.key, count(*) as n, sum(c.usd) as usd, sum(c.tokens) as tokens
                            from calls c join task_queue t on t.id = c.task_id group by c.task_id, t.key) k), '[]') as by_task
     from orchestra_runs r cross join sums s where r.id = $1`,
    [run_id],
  );
}
