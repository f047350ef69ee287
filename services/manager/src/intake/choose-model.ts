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
 * @throws {AuraError} `unknown_provider`, `unknown_price`, `not_recorded`, `validation_failed`
 */
export async function chooseModel(
  world: { pool: Queryable; facts: AppFacts; recordings: RecordingIndex },
  request: Pick<RunRequest, "provider" | "model">,
  handIn: Fingerprint,
): Promise<ModelChoice> {
  const offered = await readOfferedProviders(world.pool);
  if (typeof request.provider === "string") requireOffered(words(request.provider), offered);
  const provider = request.provider ?? defaultProvider(world.facts, offered);
  const model = request.model ?? defaultModel(world.facts, provider);
  const pairs = pairUp(provider, model);
  for (const pair of pairs)
    if (!(await hasPrice(world.pool, pair.provider, pair.model)))
      throw new AuraError("unknown_price", `there is no price for ${pair.provider}/${pair.model}`);
  if (
    pairs.some((pair) => pair.provider === "replay") &&
    !(await world.recordings.has(handIn.prd_sha256, handIn.attachments))
  )
    throw new AuraError("not_recorded", "no recording was made of this PRD with these attachments");
  return { provider: pairs.map((pair) => pair.provider).join(","), model: pairs.map((pair) => pair.model).join(",") };
}

/** Several providers are an order of asking; each has the model at its own place, the last model stands for the rest. */
function pairUp(provider: string, model: string): ModelChoice[] {
  const [providers, models] = [words(provider), words(model)];
  const pairs = providers.map((name, at) => ({ provider: name, model: models[at] ?? models.at(-1) ?? "" }));
  if (models.length <= providers.length && pairs.every((pair) => pair.provider !== "" && pair.model !== ""))
    return pairs;
  throw new AuraError(
    "validation_failed",
    "provider and model are names separated by commas, a model for each provider",
  );
}

function words(list: string): string[] {
  return list.split(",").map((word) => word.trim());
}

function requireOffered(providers: readonly string[], offered: readonly string[]): void {
  const missing = providers.find((name) => !offered.includes(name));
  if (missing === undefined) return;
  throw new AuraError("unknown_provider", `no live agent runtime offers ${missing}; ${offers(offered)}`);
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
