import pg from "pg";

/** A pool or a connection: for statements that need no transaction of their own. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<pg.QueryResult<Row>>;
}

/** A connection inside an open transaction. */
export interface Tx extends Queryable {
  readonly inTransaction: true;
}

export type Pool = pg.Pool;

/**
 * A pool for one service login. Every connection runs in UTC, and finds tables in schema public alone, whatever other schema is
 * named like the login; timestamps and bigints stay text, because a JavaScript Date loses the microseconds that the log keeps.
 *
 * @param patience how long a query may stay without an answer, as on a network that swallows everything, and wait for a lock;
 *   for ever where absent
 */
export function createPool(
  connectionString: string,
  applicationName: string,
  max = 8,
  { answerMs, lockMs = 0 }: { readonly answerMs?: number; readonly lockMs?: number } = {},
): Pool {
  const pool = new pg.Pool({
    connectionString,
    max,
    application_name: applicationName,
    options: `-c timezone=UTC -c search_path=public,pg_temp -c idle_in_transaction_session_timeout=10000 -c lock_timeout=${lockMs}`,
    connectionTimeoutMillis: 5000,
    ...(answerMs === undefined ? {} : { query_timeout: answerMs }),
    types: { getTypeParser: (oid: number, format?: "text" | "binary") => parserFor(oid, format) },
  });
  pool.on("error", () => undefined); // an idle connection that the server closed; the next query opens another
  return pool;
}

const AS_TEXT = new Set<number>([
  pg.types.builtins.TIMESTAMP,
  pg.types.builtins.TIMESTAMPTZ,
  pg.types.builtins.NUMERIC,
]);

function parserFor(oid: number, format: "text" | "binary" = "text") {
  if (AS_TEXT.has(oid)) return (value: string) => value;
  if (oid === pg.types.builtins.INT8) return (value: string) => value;
  return pg.types.getTypeParser(oid, format as "text");
}

/** The table of the log, and the functions whose only work is to write it: where Postgres says an error happened. */
const WRITING_LOG = /\baudit_events|function (?:audit_\w+|_record_(?:event|refusals)|_event_frame|_next_event_id)\(/;
const RETRYABLE = new Set(["40001", "40P01", "55P03"]);

/** Runs `work` in one transaction; serialisation failures and deadlocks are tried again, at most `attempts` times. */
export async function withTransaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>, attempts = 4): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(pool, work);
    } catch (error) {
      if (attempt >= attempts || !RETRYABLE.has(sqlState(error) ?? "")) throw error;
    }
  }
}

async function once<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  /** The server may end the session between two statements, too; unheard, that would end the process. */
  const lose = (error: Error) => {
    broken = error;
  };
  client.on("error", lose);
  try {
    await client.query("begin");
    const result = await work(Object.assign(client, { inTransaction: true as const }));
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(lose);
    throw error;
  } finally {
    client.off("error", lose);
    client.release(broken);
  }
}

export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/**
 * True when an event could not be written, so that nothing of what it tells took place: no disk, a server that only reads, or
 * whatever else went wrong at the table of the log, a lock on it that nobody lets go of included.
 */
export function isLogUnavailable(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  if (error.code === "53100" || error.code === "25006") return true;
  if (error.code?.startsWith("AU")) return false; // raised by a rule of ours, about what was asked for
  return [error.table, error.where, error.message].some((text) => WRITING_LOG.test(text ?? ""));
}

/** True when the database could not be reached, is shutting down or took too long: nothing is known to have changed. */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined)
    return state.startsWith("08") || state.startsWith("57P") || state === "53300" || state === "57014";
  const code = (error as { code?: string } | null)?.code;
  return (
    code === "ECONNREFUSED" ||
    code === "ECONNRESET" ||
    code === "EPIPE" ||
    code === "ENOENT" ||
    /Connection terminated|Query read timeout|timeout exceeded when trying to connect/.test(String(error))
  );
}
