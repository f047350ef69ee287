import { AsyncLocalStorage } from "node:async_hooks";
import { boundedFetch } from "./bounded-fetch.ts";

/** What is seen of the HTTP answer to one call, beside what the SDK says of it. */
export interface Answered {
  headers: Headers | null;
  /** What the connection failed with; the SDK keeps its words alone. */
  failure: Error | null;
}

const current = new AsyncLocalStorage<Answered>();

/**
 * Runs one call of an SDK that takes no `fetch` and uses the global one: from the first such call on, the global one of
 * this process is the bounded one, which also keeps the headers of each call's answer.
 */
export async function withBoundedFetch<T>(call: () => Promise<T>, answered: Answered): Promise<T> {
  globalThis.fetch = keepingHeaders as typeof fetch;
  return current.run(answered, call);
}

async function keepingHeaders(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const answered = current.getStore();
  const response = await boundedFetch(input, init).catch((error: unknown) => {
    if (answered !== undefined && error instanceof Error) answered.failure = error;
    throw error;
  });
  if (answered !== undefined) answered.headers = response.headers;
  return response;
}
