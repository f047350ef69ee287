import { NotKept } from "@aura/shared/postgres/blobs";
import { isLogUnavailable, isUnavailable, sqlState } from "@aura/shared/postgres/client";
import { AuraError, PROBLEMS, type ProblemCode, type ProblemIssue, problemBody } from "@aura/shared/problems";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";

/** What the framework itself refuses, in our words. Anything else below 500 is a malformed request. */
const FRAMEWORK_CODES: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["unsupported_media_type", "the body must be application/json"],
  FST_ERR_CTP_BODY_TOO_LARGE: ["payload_too_large", "the body is larger than this operation takes"],
  FST_ERR_CTP_EMPTY_JSON_BODY: ["invalid_json", "the body is empty"],
  FST_ERR_CTP_INVALID_JSON_BODY: ["invalid_json", "the body is not valid JSON"],
};

const LOCK_NOT_AVAILABLE = "55P03";

/** Values of the right form that the database does not have: the year 0, the 99th of a month, a NUL. */
const OUT_OF_RANGE = new Set(["22003", "22007", "22008", "22009", "22021"]);

/** Every reply that is not a success is problem+json; what happened inside stays in the log. */
export function answerWithProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new AuraError("not_found", "no operation has this method and path"), request, reply),
  );
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  const { status } = PROBLEMS[problem.code];
  if (status >= 500) request.log.error({ request_id: request.id, err: error }, "request failed");
  if (status === 401) reply.header("www-authenticate", challenge(request));
  if ((status === 429 || status === 503) && !reply.hasHeader("retry-after")) reply.header("retry-after", "1");
  return reply
    .code(status)
    .header("x-request-id", request.id)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify(problemBody(problem, request.id)));
}

/** The problem that a caller may see for anything that was thrown. Never its message: that may hold SQL or a path. */
function problemOf(error: unknown): AuraError {
  if (error instanceof AuraError) return error;
  if (error instanceof NotKept) return new AuraError("not_kept", error.message, { cause: error });
  if (hasZodFastifySchemaValidationErrors(error)) return malformed(error);
  if (isLogUnavailable(error))
    return new AuraError("log_unavailable", "the event that tells of it could not be written", { cause: error });
  if (isUnavailable(error) || sqlState(error) === LOCK_NOT_AVAILABLE)
    return new AuraError("database_unavailable", "the database did not answer", { cause: error });
  if (OUT_OF_RANGE.has(sqlState(error) ?? ""))
    return new AuraError("validation_failed", "a value is outside of what can be stored", { cause: error });
  const { code = "", statusCode = 500 } = (error ?? {}) as Partial<FastifyError>;
  const known = FRAMEWORK_CODES[code];
  if (known !== undefined) return new AuraError(known[0], known[1], { cause: error });
  if (statusCode >= 400 && statusCode < 500)
    return new AuraError("validation_failed", "the request is malformed", { cause: error });
  return new AuraError("internal", "an unexpected error; nothing more is told outside the log", { cause: error });
}

const WHERE: Readonly<Record<string, string>> = {
  body: "",
  querystring: "query.",
  params: "path.",
  headers: "header.",
};

function malformed(error: {
  validation: readonly { instancePath: string; keyword: string; message?: string | undefined }[];
  validationContext?: string | undefined;
}): AuraError {
  const place = WHERE[error.validationContext ?? "body"] ?? "";
  const issues: ProblemIssue[] = error.validation.slice(0, 50).map((issue) => ({
    path: `${place}${issue.instancePath.slice(1).replaceAll("/", ".")}`.replace(/\.$/, ""),
    code: issue.keyword,
    message: issue.message ?? "not acceptable",
  }));
  const first = issues[0];
  const detail = first === undefined ? "not as described" : `${first.path || "the body"}: ${first.message}`;
  return new AuraError("validation_failed", detail, { issues });
}

/** The page is never offered Basic: its browser would ask for a password in a window of its own. */
function challenge(request: FastifyRequest): string {
  const basic = !request.is404 && request.routeOptions.config.basic === true;
  const page = request.headers["x-aura-request"] === "1";
  return basic && !page ? 'Bearer realm="aura", Basic realm="aura", charset="UTF-8"' : 'Bearer realm="aura"';
}
