import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import type { RateLimitFacts } from "./rate-limits.ts";

/** Facts of the configuration that the API needs; read once by main. */
export interface AppFacts {
  /** Names this process in events. */
  readonly manager_id: string;
  /** Version of the product. */
  readonly version: string;
  readonly project_name: string;
  readonly environment: string;
  readonly strict_policy: boolean;
  /** AURA_MODEL_PROVIDER: `auto` or a provider's name. */
  readonly provider: string;
  /** AURA_MODEL; null where none is set. */
  readonly model: string | null;
  /** Budget of a run that names none: decimal USD, tokens. */
  readonly budget_usd: string;
  readonly budget_tokens: number;
  /** Folder with `<name>/recording.json`, what provider `replay` can play. */
  readonly recordings: string;
  /** Folder with the panel documents of the dashboard. */
  readonly panels: string;
  /** File with the Auditor's published report card. */
  readonly report_card: string;
  /** Folder that the page is built into. */
  readonly page: string;
  readonly rate_limits: RateLimitFacts;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trusted_proxies: readonly string[];
}

export interface AppDeps {
  readonly pool: Pool;
  /** Logs in as aura_observer, which sees the schema `dash` and nothing else. */
  readonly observer: Pool;
  readonly log: Log;
  readonly facts: AppFacts;
  /** Milliseconds between heartbeats of an event stream, at which its key is looked at again; 15 s where absent. */
  readonly event_heartbeat_ms?: number;
  /** Milliseconds after which a clone that takes nothing is dropped; 30 s where absent. */
  readonly git_idle_ms?: number;
  /** The same for an export of the log. */
  readonly export_idle_ms?: number;
  /** Milliseconds that a caller waits for the seal of an ended run; 10 s where absent. */
  readonly seal_patience_ms?: number;
}
