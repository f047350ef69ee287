import { AuraError } from "@aura/shared/problems";
import type { RateClass } from "@aura/shared/schemas/api/operation";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CallCounter, networkOf } from "./call-counter.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    rate?: RateClass;
  }
}

/** Calls in 60 seconds, each at least 1: no number stands for "unlimited". */
export interface RateLimitFacts {
  /** Of one key. */
  readonly calls: number;
  /** Of one key, to what is dear: starting runs, archives, diffs, clones. */
  readonly heavy_calls: number;
  /** Of one address, without a credential. */
  readonly anonymous_calls: number;
  /** Of one address, with a key that was not recognised before. */
  readonly key_attempts: number;
}

const WINDOW_S = 60;
const CALLERS_MAX = 10_000;

/** Each counts one call. @throws {AuraError} `rate_limited` when the caller has used up its share */
export interface RateLimits {
  /** By a key that is recognised: by its id, wherever it comes from. */
  readonly takeCall: (key_id: string, reply: FastifyReply) => void;
  readonly takeHeavyCall: (key_id: string, reply: FastifyReply) => void;
  /** Without a credential: by its address. */
  readonly takeAnonymous: (request: FastifyRequest, reply: FastifyReply) => void;
  /** With a key that is not recognised yet: by its address. */
  readonly takeKeyAttempt: (request: FastifyRequest, reply: FastifyReply) => void;
}

/**
 * Counts calls in memory, apart for keys and for addresses: whoever has no key cannot use up, nor push out, what is counted
 * for a key. Each process counts for itself.
 */
export function openRateLimits(facts: RateLimitFacts): RateLimits {
  const byAddress = (take: Take) => (request: FastifyRequest, reply: FastifyReply) =>
    take(networkOf(request.ip), reply);
  return {
    takeCall: openPolicy("calls", facts.calls),
    takeHeavyCall: openPolicy("heavy-calls", facts.heavy_calls),
    takeAnonymous: byAddress(openPolicy("anonymous-calls", facts.anonymous_calls)),
    takeKeyAttempt: byAddress(openPolicy("key-attempts", facts.key_attempts)),
  };
}

/** Refuses to boot while a route has no rate class. Register before the routes. */
export function requireRateClasses(app: FastifyInstance): void {
  const routes: { name: string; rate: () => RateClass | undefined }[] = [];
  app.addHook("onRoute", (route) => {
    routes.push({ name: `${route.method} ${route.url}`, rate: () => route.config?.rate });
  });
  app.addHook("onReady", async () => {
    const undeclared = routes.filter(({ rate }) => rate() === undefined).map(({ name }) => name);
    if (undeclared.length > 0) throw new Error(`routes without a rate class: ${undeclared.join(", ")}`);
  });
}

type Take = (caller: string, reply: FastifyReply) => void;

/** `name` is the policy's name in the headers of the reply. */
function openPolicy(name: string, max: number): Take {
  const counter = new CallCounter(max, WINDOW_S * 1000, CALLERS_MAX);
  return (caller, reply) => {
    const { allowed, remaining, reset_s } = counter.take(caller, Date.now());
    append(reply, "ratelimit-policy", `"${name}";q=${max};w=${WINDOW_S}`);
    append(reply, "ratelimit", `"${name}";r=${remaining};t=${reset_s}`);
    if (allowed) return;
    reply.header("retry-after", String(reset_s));
    throw new AuraError("rate_limited", `${max} ${name.replace("-", " ")} in ${WINDOW_S} seconds are allowed`);
  };
}

/** Fields of draft-ietf-httpapi-ratelimit-headers-10: a list, an item for each policy that the request fell under. */
function append(reply: FastifyReply, field: string, item: string): void {
  const before = reply.getHeader(field);
  reply.header(field, typeof before === "string" ? `${before}, ${item}` : item);
}
