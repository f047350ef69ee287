import { LEDGER_OPERATIONS } from "./ledger-operations.ts";
import { OVERSIGHT_OPERATIONS } from "./oversight-operations.ts";
import { PAGE_OPERATIONS } from "./page-operations.ts";
import { RUN_OPERATIONS } from "./run-operations.ts";

/** Every operation of the REST API: routes, OpenAPI document, client and CLI are made from this one list. */
export const OPERATIONS = {
  ...RUN_OPERATIONS,
  ...LEDGER_OPERATIONS,
  ...OVERSIGHT_OPERATIONS,
  ...PAGE_OPERATIONS,
} as const;
