import type { Oversight } from "@aura/shared/enums/run";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "../db/orchestration-select.ts";

export interface Policy {
  readonly key: string;
  readonly version: number;
  readonly value: string;
}

/** What a policy says about a run, and which policy it was. */
export interface PolicyRuling {
  readonly policy: Policy;
  readonly value: string;
}

const PolicyRow = z.object({ key: z.string(), version: z.number(), value: z.string() });

/** The policies in force: the newest version of each key. */
export class Policies {
  readonly #byKey: ReadonlyMap<string, Policy>;

  constructor(policies: readonly Policy[]) {
    this.#byKey = new Map(policies.map((policy) => [policy.key, policy]));
  }

  /** A limit. @returns `fallback` where no policy, or no number, stands */
  limit(key: string, fallback: number): number {
    const value = Number(this.#byKey.get(key)?.value);
    return Number.isFinite(value) ? value : fallback;
  }

  /**
   * What `rule` says for a run of this oversight. While strict policy is off a `.lenient` variant goes first; it can
   * only loosen data, never what the database refuses.
   */
  ruling(rule: string, oversight: Oversight, strict: boolean): PolicyRuling | null {
    const lenient = strict ? undefined : this.#byKey.get(`${rule}.${oversight}.lenient`);
    const policy = lenient ?? this.#byKey.get(`${rule}.${oversight}`);
    return policy === undefined ? null : { policy, value: policy.value };
  }

  find(key: string): Policy | null {
    return this.#byKey.get(key) ?? null;
  }
}

export async function readPolicies(db: Queryable): Promise<Policies> {
  const rows = await select(
    db,
    PolicyRow,
    "select distinct on (key) key, version, value from policies order by key, version desc",
  );
  return new Policies(rows);
}
