import { PROBLEMS } from "@aura/shared/problems";
import { cell, code, page, table } from "./markdown.ts";

/** Every error that leaves the system, from the table that they are made from. */
export function errorsPage(): string {
  const rows = Object.entries(PROBLEMS).map(([name, { status, title, hint, retryable }]) => [
    `<a id="${name}"></a>${code(name)}`,
    String(status),
    cell(title),
    retryable ? "yes" : "no",
    cell(hint),
  ]);
  return page(
    "Errors",
    "Replies that refuse are `application/problem+json` (RFC 9457): `type` is `/problems/<code>`, `instance` names the request, which the service's log line carries too. An item that a verb of the database refuses carries one of these codes, or a more precise word of its own.",
    table(["code", "status", "title", "try again", "what to do"], rows),
  );
}
