import type { z } from "zod";
import { Problem } from "./schemas/api/conventions.ts";
import type { Operation } from "./schemas/api/operation.ts";

type InputOf<S> = S extends z.ZodType ? z.input<S> : undefined;
type ReplyOf<O extends Operation> = O["reply"] extends z.ZodType ? z.output<O["reply"]> : never;

/** What a call of `O` takes: only the parts that the operation declares. */
interface CallInput<O extends Operation> {
  params?: InputOf<O["params"]>;
  query?: InputOf<O["query"]>;
  body?: InputOf<O["body"]>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The Manager refused, in its own words. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.name = "ApiProblem";
    this.problem = problem;
  }
}

/** Nobody answered at the address, or what answered does not speak this API. */
export class ApiUnreachable extends Error {
  readonly url: string;

  constructor(url: string, why: string, cause?: unknown) {
    super(`${url}: ${why}`, { cause });
    this.name = "ApiUnreachable";
    this.url = url;
  }
}

/** A caller of the Manager's REST API, typed by the operations' schemas. Replies are checked, not trusted. */
export interface ApiClient {
  readonly base_url: string;
  call<O extends Operation>(operation: O, input?: CallInput<O>): Promise<ReplyOf<O>>;
  /** The reply as it comes: for downloads, text and event streams. Refusals still throw. */
  fetch<O extends Operation>(operation: O, input?: CallInput<O>): Promise<Response>;
}

/**
 * @param base_url where the Manager listens, e.g. `http://127.0.0.1:8000`
 * @throws {ApiProblem} from every call that is refused
 * @throws {ApiUnreachable} when there is no answer, or none that fits the schemas
 */
export function createApiClient(base_url: string, api_key: string, send: typeof fetch = fetch): ApiClient {
  const fetchOperation = async (operation: Operation, input: CallInput<Operation> = {}): Promise<Response> => {
    const url = operationUrl(base_url, operation, input);
    const response = await send(url, requestOf(operation, input, api_key)).catch((error: unknown) => {
      if (input.signal?.aborted === true) throw error;
      throw new ApiUnreachable(base_url, "no answer", error);
    });
    if (!response.ok) throw await refusal(base_url, response);
    return response;
  };
  return {
    base_url,
    fetch: (operation, input) => fetchOperation(operation, input as CallInput<Operation>),
    async call<O extends Operation>(operation: O, input?: CallInput<O>) {
      const response = await fetchOperation(operation, input as CallInput<Operation>);
      const parsed = operation.reply?.safeParse(await response.json());
      if (parsed?.success !== true)
        throw new ApiUnreachable(base_url, `unexpected reply to ${operation.id}`, parsed?.error);
      return parsed.data as ReplyOf<O>;
    },
  };
}

/** Address of an operation with its parameters filled in and its query appended. */
function operationUrl(base_url: string, operation: Operation, input: CallInput<Operation>): string {
  const params = (input.params ?? {}) as Record<string, string>;
  const path = operation.path
    .replace(/:([a-z_]+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""))
    .replace("*", () => (params["*"] ?? "").split("/").map(encodeURIComponent).join("/"));
  const url = new URL(path, base_url);
  for (const [name, value] of Object.entries((input.query ?? {}) as Record<string, unknown>))
    if (value !== undefined) url.searchParams.set(name, String(value));
  return url.href;
}

function requestOf(operation: Operation, input: CallInput<Operation>, api_key: string): RequestInit {
  const headers: Record<string, string> = { authorization: `Bearer ${api_key}`, ...input.headers };
  if (input.body !== undefined) headers["content-type"] = "application/json";
  return {
    method: operation.method,
    headers,
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  };
}

async function refusal(base_url: string, response: Response): Promise<Error> {
  const problem = Problem.safeParse(await response.json().catch(() => null));
  if (problem.success) return new ApiProblem(problem.data);
  return new ApiUnreachable(base_url, `status ${response.status} without a problem document`);
}
