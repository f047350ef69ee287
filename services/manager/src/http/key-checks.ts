import type { KeyRole } from "@aura/shared/enums/actor";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { Pool } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { FastifyReply, FastifyRequest } from "fastify";
import { authenticateKey } from "../db/read-key-statements.ts";
import type { RateLimits } from "./rate-limits.ts";

interface KeyFacts {
  readonly key_id: string;
  readonly name: string;
  readonly role: KeyRole;
}

/**
 * Whose key a request shows.
 *
 * @throws {AuraError} `unauthenticated`; `rate_limited` where the key, or for keys never seen the address, has used up its share
 */
export type CheckKey = (request: FastifyRequest, reply: FastifyReply, presented_key: string) => Promise<KeyFacts>;

const RECOGNISED_MAX = 10_000;

/**
 * Guesses are few: a key that this process has not recognised counts as an attempt of its address before the database is
 * asked. A recognised key does not, so that a flood of guesses never shuts out who shares its address (a proxy, a host).
 * Being recognised opens nothing: the database is asked each time, and a key that it refuses is recognised no more.
 */
export function openKeyChecks(pool: Pool, limits: RateLimits): CheckKey {
  const recognised = new Map<string, string>();
  const firstChecks = new Map<string, Promise<void>>();

  async function ask(presented_key: string, hash: string): Promise<KeyFacts> {
    // No column holds a NUL, so no key has one.
    const key = presented_key.includes("\u0000") ? null : await authenticateKey(pool, presented_key);
    recognised.delete(hash);
    if (key === null) throw new AuraError("unauthenticated", "the API key is unknown, expired or revoked");
    recognised.set(hash, key.key_id);
    if (recognised.size > RECOGNISED_MAX) recognised.delete(recognised.keys().next().value ?? "");
    return key;
  }

  /** Of many requests that show the same new key at once, the first is the attempt; the others wait for what comes of it. */
  async function attempt(presented_key: string, hash: string): Promise<KeyFacts> {
    const asked = ask(presented_key, hash);
    const over = asked.then(
      () => undefined,
      () => undefined,
    );
    firstChecks.set(hash, over);
    void over.then(() => firstChecks.get(hash) === over && firstChecks.delete(hash));
    return asked;
  }

  return async (request, reply, presented_key) => {
    const hash = sha256Hex(presented_key);
    const first = recognised.has(hash) ? undefined : firstChecks.get(hash);
    if (first !== undefined) await first; // only then: whoever comes in between would be a second attempt
    const key_id = recognised.get(hash);
    if (key_id !== undefined) {
      limits.takeCall(key_id, reply); // a flood by one key stops here, before the database
      return ask(presented_key, hash);
    }
    limits.takeKeyAttempt(request, reply);
    const key = await attempt(presented_key, hash);
    limits.takeCall(key.key_id, reply);
    return key;
  };
}
