import { Problem } from "@aura/shared/schemas/api/conventions";
import type { Operation } from "@aura/shared/schemas/api/operation";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { IdempotencyHeaders } from "./idempotency.ts";

/** Replies without a known end: a HEAD would make all of it for nobody. */
const STREAMED = ["text/event-stream", "application/x-ndjson"];

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** What a handler is given: the parts that its operation declares, already parsed. */
export interface Call<O extends Operation> {
  readonly params: Parsed<O["params"]>;
  readonly query: Parsed<O["query"]>;
  readonly body: Parsed<O["body"]>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** JSON as the operation's reply schema has it, or the reply itself where bytes, text or a stream were sent. */
type Answer<O extends Operation> = FastifyReply | (O["reply"] extends z.ZodType ? z.output<O["reply"]> : never);

/** Declares the route of an operation: access class, schemas, limits and documentation come from the operation. */
export function addRoute<O extends Operation>(
  app: FastifyInstance,
  operation: O,
  handle: (call: Call<O>) => Promise<Answer<O>>,
): void {
  app.route({
    method: operation.method,
    url: operation.path,
    exposeHeadRoute: !STREAMED.some((media) => operation.media?.includes(media)),
    config: {
      access: operation.access,
      rate: operation.rate ?? "standard",
      basic: operation.basic === true,
      binary: operation.binary_body ?? null,
    },
    schema: schemaOf(operation),
    ...(operation.body_bytes_max === undefined ? {} : { bodyLimit: operation.body_bytes_max }),
    handler: async (request, reply) => {
      if (operation.status !== undefined) reply.code(operation.status);
      const { params, query, body } = request;
      return handle({ params, query, body, request, reply } as Call<O>);
    },
  });
}

function schemaOf(operation: Operation) {
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    security: securityOf(operation),
    ...(operation.params === undefined ? {} : { params: operation.params }),
    ...(operation.query === undefined ? {} : { querystring: operation.query }),
    ...(operation.method === "POST" && operation.binary_body === undefined ? { headers: IdempotencyHeaders } : {}),
    ...(operation.body === undefined ? {} : { body: operation.body }),
    response: {
      [operation.status ?? 200]: { description: "Success", content: successContent(operation) },
      default: { description: "Refused or failed", content: { "application/problem+json": { schema: Problem } } },
    },
  };
}

function successContent(operation: Operation) {
  const content: Record<string, { schema: z.ZodType }> = {};
  if (operation.reply !== undefined) content["application/json"] = { schema: operation.reply };
  for (const media of operation.media ?? []) content[media] = { schema: z.string() };
  return content;
}

function securityOf(operation: Operation): Record<string, string[]>[] {
  if (operation.access === "public") return [];
  return [{ bearer: [] }, { api_key: [] }, { session: [] }, ...(operation.basic === true ? [{ basic: [] }] : [])];
}
