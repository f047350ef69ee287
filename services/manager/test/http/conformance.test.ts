import { AuraError, problemBody } from "@aura/shared/problems";
import { Problem } from "@aura/shared/schemas/api/conventions";
import { operation } from "@aura/shared/schemas/api/operation";
import Fastify from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { expect, test } from "vitest";
import { z } from "zod";
import { addRoute } from "../../src/http/add-route.ts";
import { answerWithProblems } from "../../src/http/problem-replies.ts";
import { violations } from "./conformance.ts";

const THING = operation({
  id: "getThing",
  method: "GET",
  path: "/thing",
  access: "public",
  tag: "things",
  summary: "A thing",
  reply: z.strictObject({ name: z.string(), parts: z.array(z.object({ n: z.int() })) }),
  media: ["text/csv"],
});
const RIGHT = { name: "a", parts: [{ n: 1 }] };
const absent = problemBody(new AuraError("not_found", "no thing"), "request");
const PROBLEM = "application/problem+json; charset=utf-8";

/** What the check says about a route that sends exactly this, past its serializer. */
async function judged(status: number, media: string, body: unknown): Promise<string[]> {
  const app = Fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerWithProblems(app);
  addRoute(app, THING, async ({ reply }) =>
    reply
      .code(status)
      .type(media)
      .serializer((text: string) => text)
      .send(typeof body === "string" ? body : JSON.stringify(body)),
  );
  const reply = await app.inject("/thing");
  await app.close();
  const type = `${reply.headers["content-type"]}`.split(";")[0] ?? "";
  return violations(THING, { status: reply.statusCode, media: type, text: reply.payload });
}

test.each<[string, number, string, unknown]>([
  ["the declared reply", 200, "application/json", RIGHT],
  ["another declared media type", 200, "text/csv", "a,b"],
  ["a problem of the table", 404, PROBLEM, absent],
])("%s is right", async (_, status, media, body) => expect(await judged(status, media, body)).toEqual([]));

test.each<[string, string, number, string, unknown]>([
  ["a field that nobody declared", "response_schema", 200, "application/json", { ...RIGHT, secret: 1 }],
  [
    "one deep inside, where the schema passes over it",
    "response_schema",
    200,
    "application/json",
    { ...RIGHT, parts: [{ n: 1, x: 2 }] },
  ],
  ["a missing field", "response_schema", 200, "application/json", { name: "a" }],
  ["a field of another type", "response_schema", 200, "application/json", { ...RIGHT, name: 7 }],
  ["a body that is no JSON", "response_schema", 200, "application/json", "{"],
  ["an undeclared media type", "content_type", 200, "text/html", "<p>"],
  ["an undeclared status", "status_code", 201, "application/json", RIGHT],
  ["a failure of the server", "not_a_server_error", 500, PROBLEM, { ...absent, status: 500 }],
  ["an error that is no problem", "content_type", 404, "application/json", absent],
  ["a problem with a field too many", "response_schema", 404, PROBLEM, { ...absent, stack: "at" }],
  ["a problem with an unknown code", "response_schema", 404, PROBLEM, { ...absent, code: "oops" }],
  ["a problem whose status is not its code's", "status_code", 409, PROBLEM, { ...absent, status: 409 }],
])("%s is found", async (_, found, status, media, body) => {
  expect(await judged(status, media, body)).toEqual(expect.arrayContaining([expect.stringContaining(found)]));
});

test("a handler that answers what its operation does not declare is a failure of the server, which is found", async () => {
  const app = Fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerWithProblems(app);
  addRoute(app, THING, async () => ({ ...RIGHT, secret: 1 }) as never);
  const reply = await app.inject("/thing");
  await app.close();
  expect(Problem.parse(reply.json()).code).toBe("internal");
  const seen = { status: reply.statusCode, media: "application/problem+json", text: reply.payload };
  expect(violations(THING, seen)).toEqual([expect.stringContaining("not_a_server_error")]);
});
