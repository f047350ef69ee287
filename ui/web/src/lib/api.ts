import type { Problem } from "@aura/shared/schemas/api/conventions";

/** A refusal in the Manager's own words, or the plain fact that nobody answered. */
export class Refusal extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly hint: string;
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  constructor(status: number, title: string, detail: string, hint: string, issues: Refusal["issues"] = []) {
    super(`${title}: ${detail}`);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.hint = hint;
    this.issues = issues;
  }
}

/** Called with every 401, so that the page can ask for the key again. */
let onSessionEnd: () => void = () => undefined;
export function whenSessionEnds(handle: () => void): void {
  onSessionEnd = handle;
}

const PAGE_HEADERS = { "x-aura-request": "1" };

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...PAGE_HEADERS, ...(init.headers as Record<string, string> | undefined) };
  const response = await fetch(path, { ...init, headers }).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error;
    throw new Refusal(0, "No answer", "The Manager did not answer.", "Look whether it runs, then try again.");
  });
  if (response.ok) return response;
  if (response.status === 401 && !path.endsWith("/session")) onSessionEnd();
  throw await refusalOf(response);
}

export async function getJson<T>(path: string): Promise<T> {
  return (await request(path)).json();
}

export async function getText(path: string): Promise<string> {
  return (await request(path)).text();
}

/** A change. Sent again under the same key it takes effect once; the caller makes a key for each wish. */
export async function postJson<T>(path: string, body: unknown, key = newKey()): Promise<T> {
  const headers = { "content-type": "application/json", "idempotency-key": key };
  return (await request(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** All pages of a list, at most `pages` of them. */
export async function getAll<T>(path: string, pages = 5): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages; page += 1) {
    const join = path.includes("?") ? "&" : "?";
    const next: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const reply: { data: T[]; next_cursor: string | null } = await getJson(`${path}${join}limit=200${next}`);
    all.push(...reply.data);
    cursor = reply.next_cursor;
    if (cursor === null) break;
  }
  return all;
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function refusalOf(response: Response): Promise<Refusal> {
  const problem = (await response.json().catch(() => null)) as Partial<Problem> | null;
  const { title = "Refused", detail = `status ${response.status}`, hint = "", issues = [] } = problem ?? {};
  return new Refusal(response.status, title, detail, hint, issues);
}
