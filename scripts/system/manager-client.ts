import type { Problem } from "@aura/shared/schemas/api/conventions";

const PATIENCE_MS = 30_000;

/** The Manager's REST API as a script needs it: JSON in, JSON out, every refusal an error that a person can read. */
export interface ManagerClient {
  readonly get: <Reply>(path: string) => Promise<Reply>;
  readonly post: <Reply>(path: string, body: unknown) => Promise<Reply>;
  readonly text: (path: string, accept: string) => Promise<string>;
  readonly bytes: (path: string) => Promise<Uint8Array>;
}

export function openManagerClient(manager_url: string, api_key: string): ManagerClient {
  async function send(path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
    const response = await fetch(new URL(path, manager_url), {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${api_key}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!response.ok) throw new Error(`${init.method ?? "GET"} ${path}: ${await explain(response)}`);
    return response;
  }
  return {
    get: async <Reply>(path: string) => (await (await send(path, {})).json()) as Reply,
    post: async <Reply>(path: string, body: unknown) => {
      const headers = { "content-type": "application/json" };
      return (await (await send(path, { method: "POST", headers, body: JSON.stringify(body) })).json()) as Reply;
    },
    text: async (path, accept) => (await send(path, { headers: { accept } })).text(),
    bytes: async (path) => (await send(path, {})).bytes(),
  };
}

async function explain(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => null)) as Problem | null;
  return problem === null ? `HTTP ${response.status}` : `${problem.title}: ${problem.detail} ${problem.hint}`;
}
