import { AGENT_STANDINGS } from "@aura/shared/enums/actor";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";

const StandingRecordRow = z.object({
  agent_id: z.string(),
  slug: z.string(),
  standing: z.enum(AGENT_STANDINGS),
  judged: z.number(),
  accepted: z.number(),
  /** Another agent that may work has every capability of this one. */
  replaceable: z.boolean(),
});

/** Working agents with the verdicts on what they accepted since their standing changed last. */
export function readStandingRecords(db: Queryable) {
  return select(
    db,
    StandingRecordRow,
    `with judged as (
       select distinct on (v.task_id, v.attempt) a.agent_id, a.accepted_at, v.outcome
         from verifications v join task_attempts a on a.task_id = v.task_id and a.attempt = v.attempt
        where v.outcome in ('accepted', 'rejected')
        order by v.task_id, v.attempt, v.created_at desc)
     select g.id as agent_id, g.slug, g.standing, count(j.*)::int as judged,
            count(*) filter (where j.outcome = 'accepted')::int as accepted,
            not exists (
              select from unnest(g.capabilities) c (capability)
               where not exists (select from agents o where o.id <> g.id and o.standing in ('active', 'probation')
                                    and c.capability = any (o.capabilities))) as replaceable
       from agents g left join judged j on j.agent_id = g.id and j.accepted_at > g.changed_at
      where g.standing in ('active', 'probation')
      group by g.id
      order by g.slug`,
  );
}
