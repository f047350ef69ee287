import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { RUNTIME_SILENCE_S_MAX } from "./read-agent-statements.ts";
import { readOne, utc } from "./read-rows.ts";

const StateRow = z.object({
  migrations: z.array(z.string()),
  live_runtimes: z.int(),
  unnumbered_s: z.number().meta({ description: "age of the oldest event without a place in the log" }),
  unsealed_s: z.number().meta({ description: "age of the oldest numbered event that no checkpoint covers" }),
  unwitnessed_s: z.number().meta({ description: "age of the oldest checkpoint since the last cosigned one" }),
  ddl_guard: z.boolean(),
  stopped_at: z.string().nullable(),
  term: z.coerce.number().meta({ description: "of the Manager that leads, or led last" }),
  leader: z.string().nullable().meta({ description: "null while none leads" }),
  leader_since: z.string().nullable().meta({ description: "its election; while none leads, the end of the last term" }),
});

/** What readiness is judged by, in one statement. */
export async function readSystemState(db: Queryable): Promise<z.infer<typeof StateRow>> {
  const row = await readOne(
    db,
    StateRow,
    `select coalesce((select array_agg(name order by name) from pgmigrations), '{}') as migrations,
            (select count(*) from runtime_heartbeats
             where seen_at > now() - make_interval(secs => ${RUNTIME_SILENCE_S_MAX})) as live_runtimes,
            coalesce((select extract(epoch from localtimestamp - e.created_at) from audit_events e
                      where e.id > coalesce((select last_event_id from audit_log_state),
                                            '00000000-0000-0000-0000-000000000000')
                      order by e.id limit 1), 0) as unnumbered_s,
            coalesce((select extract(epoch from localtimestamp - e.created_at)
                        from audit_leaves f join audit_events e on e.id = f.event_id
                       where f.seq = coalesce((select max(size) from audit_checkpoints), 0)), 0) as unsealed_s,
            coalesce((select extract(epoch from now() - min(c.signed_at))
                        from audit_log_state s join audit_checkpoints c on c.generation = s.generation
                       where c.size > coalesce((select max(w.size) from audit_cosignatures w
                                                 where w.generation = s.generation), 0)), 0) as unwitnessed_s,
            ddl_guard_status() = 'enforced' as ddl_guard,
            (select ${utc("stopped_at")} from system_state) as stopped_at, l.term,
            case when l.expires_at > now() then l.holder end as leader,
            ${utc("case when l.expires_at > now() then t.elected_at when l.term > 0 then l.expires_at end")} as leader_since
     from manager_lease l left join manager_terms t on t.term = l.term`,
  );
  if (row === null) throw new Error("the database has no manager_lease row");
  return row;
}
