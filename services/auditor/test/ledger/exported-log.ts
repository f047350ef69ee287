import type { Queryable } from "@aura/shared/postgres/client";

interface Row extends Record<string, unknown> {
  readonly seq: number;
  readonly env: Buffer;
  readonly columns: Record<string, string>;
  readonly salt: string | null;
  readonly payload: string | null;
}

const LOG = `
  select l.seq::int, e.env, encode(p.salt, 'hex') as salt, encode(p.payload, 'base64') as payload,
         json_build_object('id', e.id, 'source', e.source, 'severity', e.severity, 'description', e.description,
           'created_at', to_char(e.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'event_type', e.event_type,
           'run_id', coalesce(e.run_id::text, ''), 'task_id', coalesce(e.task_id::text, ''),
           'subject_type', coalesce(e.subject_type, ''), 'subject_id', coalesce(e.subject_id, ''),
           'actor_kind', e.actor_kind, 'actor_id', e.actor_id, 'tx', e.tx::text) as columns
    from audit_leaves l join audit_events e on e.id = l.event_id left join audit_payloads p on p.event_id = e.id
   order by l.seq`;

/** Every checkpoint that was signed, the smallest first. */
export async function notesOf(connection: Queryable): Promise<string[]> {
  const { rows } = await connection.query<{ note: string }>(
    "select note from audit_checkpoints order by generation, size",
  );
  return rows.map(({ note }) => note);
}

/** What the tables say, in the form of an export. */
export async function exportedLog(connection: Queryable): Promise<string> {
  const notes = await notesOf(connection);
  const [origin, size] = notes.at(-1)?.split("\n") ?? [];
  const events = (await connection.query<Row>(LOG)).rows.filter(({ seq }) => seq < Number(size)).map(eventLine);
  const lines = [
    { kind: "log", format: "aura-export/1", origin, size: events.length },
    ...events,
    ...notes.map((note) => ({ kind: "checkpoint", note })),
    { kind: "end", events: events.length, checkpoints: notes.length },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function eventLine({ seq, env, columns, salt, payload }: Row): object {
  const line = { kind: "event", seq, envelope: env.toString("utf8"), columns };
  if (line.envelope.includes('"payload_sha256":""')) return line;
  return { ...line, payload: salt === null ? null : { salt, bytes: payload?.replaceAll("\n", "") } };
}
