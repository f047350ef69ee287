import { Semaphore } from "@aura/shared/semaphore";
import { type Config, hasOpenAi } from "../config.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { geminiProvider } from "./gemini.ts";
import { ollamaProvider, reachesOllama } from "./ollama.ts";
import { openAiProvider } from "./openai.ts";
import type { Provider } from "./port.ts";
import { readRecordings, replayProvider } from "./replay.ts";

/** A provider as this process hosts it. */
export interface ProviderHost {
  readonly provider: Provider;
  readonly breaker: CircuitBreaker;
  /** Calls that may be open at the same time. */
  readonly slots: Semaphore;
}

export interface OpenedProviders {
  readonly hosts: ReadonlyMap<string, ProviderHost>;
  /** Names of those that can be used now, in the order of preference of `auto`. */
  offered(): Promise<string[]>;
}

type Opened = readonly [Provider, () => Promise<boolean>];

const ALWAYS = async () => true;

/**
 * Opens what the configuration names. Under `auto` that is every provider with a key or an address of its own, Ollama
 * where a server answers, and recordings last; a provider that is named is offered whether it answers or not.
 */
export async function openProviders(config: Config, recordings: string): Promise<OpenedProviders> {
  const auto = config.AURA_MODEL_PROVIDER === "auto";
  const wanted = (name: string) => auto || config.AURA_MODEL_PROVIDER === name;
  const opened: Opened[] = [];
  if (wanted("openai") && hasOpenAi(config)) opened.push([openAi(config), ALWAYS]);
  if (wanted("gemini") && config.GEMINI_API_KEY !== undefined) opened.push([gemini(config), ALWAYS]);
  if (wanted("ollama")) opened.push([ollama(config), auto ? () => reachesOllama(config.OLLAMA_BASE_URL) : ALWAYS]);
  if (wanted("replay")) opened.push([replayProvider(await readRecordings(recordings)), ALWAYS]);
  return {
    hosts: new Map(opened.map(([provider]) => [provider.name, host(provider, config.AURA_MODEL_CONCURRENCY)])),
    offered: async () => {
      const answers = await Promise.all(opened.map(([, isThere]) => isThere()));
      return opened.filter((_, index) => answers[index]).map(([{ name }]) => name);
    },
  };
}

function host(provider: Provider, calls: number): ProviderHost {
  return { provider, breaker: new CircuitBreaker(), slots: new Semaphore(calls) };
}

function openAi({ OPENAI_API_KEY, OPENAI_BASE_URL, AURA_MODEL_TIMEOUT_S }: Config): Provider {
  const apiKey = OPENAI_API_KEY ?? "none";
  return openAiProvider({ apiKey, baseUrl: OPENAI_BASE_URL ?? null, timeoutMs: AURA_MODEL_TIMEOUT_S * 1000 });
}

function gemini({ GEMINI_API_KEY = "", GEMINI_BASE_URL, AURA_MODEL_TIMEOUT_S }: Config): Provider {
  const baseUrl = GEMINI_BASE_URL ?? null;
  return geminiProvider({ apiKey: GEMINI_API_KEY, baseUrl, timeoutMs: AURA_MODEL_TIMEOUT_S * 1000 });
}

function ollama({ OLLAMA_BASE_URL, OLLAMA_CONTEXT_TOKENS, AURA_MODEL_TIMEOUT_S }: Config): Provider {
  const timeoutMs = AURA_MODEL_TIMEOUT_S * 1000;
  return ollamaProvider({ baseUrl: OLLAMA_BASE_URL, timeoutMs, contextTokens: OLLAMA_CONTEXT_TOKENS });
}
