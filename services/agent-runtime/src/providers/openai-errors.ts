import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { ProviderError } from "./port.ts";
import { classifyConnection, classifyRefusal, lost, retryAfterMs } from "./wire-errors.ts";

/** Says what an error of the SDK means for the caller: its code, whether to try again, whether it can have cost money. */
export function classify(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof APIConnectionTimeoutError) return lost("no reply within the time limit", error);
  if (error instanceof APIConnectionError) return classifyConnection(error);
  if (error instanceof APIError && error.status !== undefined) {
    const { status, code, headers } = error;
    return classifyRefusal({
      status,
      message: messageOf(error),
      code,
      retryAfterMs: retryAfterMs(headers),
      cause: error,
    });
  }
  if (error instanceof SyntaxError) return lost("the reply is not JSON", error);
  return lost(error instanceof Error ? error.message : String(error), error);
}

/** What the server said, without the status that the SDK puts before it. */
export function messageOf(error: APIError): string {
  const body = error.error as { message?: unknown } | undefined;
  return typeof body?.message === "string" ? body.message : error.message;
}
