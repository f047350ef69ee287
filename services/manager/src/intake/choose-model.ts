import type { Queryable } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { RunRequest } from "@aura/shared/schemas/api/run";
import { hasPrice, readOfferedProviders } from "../db/read-agent-statements.ts";
import type { AppFacts } from "../http/app-deps.ts";
import type { RecordingIndex } from "./recordings.ts";

/** Under `auto`. */
const PREFERENCE = ["openai", "gemini", "ollama"];

export interface ModelChoice {
  readonly provider: string;
  readonly model: string;
}

export interface Fingerprint {
  readonly prd_sha256: string;
  readonly attachments: readonly { path: string; sha256: string }[];
}

/**
 * Which provider and model a run may use. What the request names must be offered by a live runtime and have a price;
 * under `replay` the hand-in must have been recorded, because an unknown prompt has no invented answer.
 *
 * @throws {AuraError} `unknown_provider`, `unknown_price`, `not_recorded`
 */
export async function chooseModel(
  world: { pool: Queryable; facts: AppFacts; recordings: RecordingIndex },
  request: Pick<RunRequest, "provider" | "model">,
  handIn: Fingerprint,
): Promise<ModelChoice> {
  const offered = await readOfferedProviders(world.pool);
  if (typeof request.provider === "string" && !offered.includes(request.provider))
    throw new AuraError("unknown_provider", `no live agent runtime offers ${request.provider}; ${offers(offered)}`);
  const provider = request.provider ?? defaultProvider(world.facts, offered);
  const model = request.model ?? defaultModel(world.facts, provider);
  if (!(await hasPrice(world.pool, provider, model)))
    throw new AuraError("unknown_price", `there is no price for ${provider}/${model}`);
  if (provider === "replay" && !(await world.recordings.has(handIn.prd_sha256, handIn.attachments)))
    throw new AuraError("not_recorded", "no recording was made of this PRD with these attachments");
  return { provider, model };
}

function offers(offered: readonly string[]): string {
  return offered.length === 0 ? "none is live" : `offered are ${[...offered].sort().join(", ")}`;
}

function defaultProvider(facts: AppFacts, offered: readonly string[]): string {
  if (facts.provider !== "auto") return facts.provider;
  return PREFERENCE.find((name) => offered.includes(name)) ?? "replay";
}

function defaultModel(facts: AppFacts, provider: string): string {
  if (provider === "replay") return "recorded";
  if (facts.model === null) throw new AuraError("unknown_price", "no model is named: set AURA_MODEL or name one");
  return facts.model;
}
