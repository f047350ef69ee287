import type { z } from "zod";

/**
 * Who may call an operation. `public`: anyone. `read`: every key. `suite`: directors and observers, because whoever
 * codes must not see the tests, nor a dashboard or a log that shows what came of them. `direct`: directors.
 */
export type AccessClass = "public" | "read" | "suite" | "direct";

/**
 * How calls are counted. `standard`: with all other calls of the key, or of the address where the operation is public.
 * `heavy`: besides, with the key's calls to what is dear. `none`: not at all.
 */
export type RateClass = "standard" | "heavy" | "none";

export interface Operation {
  readonly id: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** With `:name` for parameters, and `*` for a path inside a tree. */
  readonly path: string;
  readonly access: AccessClass;
  /** `standard` where absent: what nobody thought about is counted. */
  readonly rate?: RateClass;
  readonly tag: string;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** JSON of the success; absent where the reply is text or bytes. */
  readonly reply?: z.ZodType;
  /** Media types of a success that is not JSON. */
  readonly media?: readonly string[];
  /** Status of the success, 200 where absent. */
  readonly status?: 200 | 201;
  readonly body_bytes_max?: number;
  /** Media type of a body of bytes, for a protocol that is not ours; such a call changes nothing. */
  readonly binary_body?: string;
  /** Takes HTTP Basic with the key as password too: tools that download know nothing else. */
  readonly basic?: boolean;
}

/** Keeps the exact schemas in the type, so that handlers and clients get theirs from it. */
export const operation = <const O extends Operation>(facts: O): O => facts;
