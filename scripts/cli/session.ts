import { type ApiClient, createApiClient } from "@aura/shared/api-client";
import { auraHome } from "../system/aura-home.ts";
import { readRuntimeFile } from "../system/runtime-file.ts";
import { plainJson, plainText } from "./plain-text.ts";

/** The world of one call of the CLI: tests give their own. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** True when `out` is a terminal that lines can be redrawn on. */
  readonly terminal: boolean;
}

/** Something that the caller got wrong, told with what to do about it. */
export class CliError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly exit_code: 1 | 2 | 4;

  constructor(code: string, detail: string, hint: string, exit_code: 1 | 2 | 4 = 1) {
    super(detail);
    this.name = "CliError";
    this.code = code;
    this.hint = hint;
    this.exit_code = exit_code;
  }
}

/** What commands work with. All that they print is plain text: much of it was written by models and generated code. */
export interface Session extends Surroundings {
  /** @throws {CliError} `no_manager` when none is configured and none runs here */
  readonly client: () => ApiClient;
  /** Prints `value` as JSON under --json, else `text`. */
  readonly show: (value: unknown, text: string) => void;
  /** Tells progress: on standard error, so that standard output stays what was asked for. */
  readonly tell: (line: string) => void;
  readonly json: () => boolean;
  /** Prints over the last `lines` lines. */
  readonly redraw: (lines: number, text: string) => void;
}

export function openSession(world: Surroundings, json: () => boolean): Session {
  return {
    ...world,
    out: (text) => world.out(plainText(text)),
    redraw: (lines, text) => world.out(`${lines === 0 ? "" : `\u001b[${lines}A\u001b[J`}${plainText(text)}`),
    json,
    client: () => {
      const { url, key } = findManager(world.env);
      return createApiClient(url, key);
    },
    show: (value, text) =>
      world.out(json() ? `${plainJson(JSON.stringify(value, null, 2))}\n` : `${plainText(text).replace(/\n+$/, "")}\n`),
    tell: (line) => world.err(`${plainText(line)}\n`),
  };
}

/** AURA_MANAGER_URL with MANAGER_API_KEY, else the system that runs in AURA_HOME. */
export function findManager(env: NodeJS.ProcessEnv): { url: string; key: string } {
  const { AURA_MANAGER_URL: url = "", MANAGER_API_KEY: key = "" } = env;
  if (url !== "" && key !== "") return { url, key };
  if (url !== "")
    throw new CliError("no_key", "AURA_MANAGER_URL is set, MANAGER_API_KEY is not", "Set MANAGER_API_KEY.");
  const runtime = readRuntimeFile(auraHome(env));
  if (runtime !== null) return { url: runtime.manager_url, key: runtime.api_key };
  throw new CliError(
    "no_manager",
    "no Manager is configured and none runs here",
    "Start one with `aura start`, or set AURA_MANAGER_URL and MANAGER_API_KEY.",
    4,
  );
}
