import { type Pool, withTransaction } from "@aura/shared/postgres/client";
import type { DashboardData } from "@aura/shared/schemas/api/dashboard";
import type { PanelDocument } from "@aura/shared/schemas/panel-document";
import { utc } from "../db/read-rows.ts";
import { type CompiledQuery, compilePanel } from "./compile-panel.ts";

/** A page whose rows take longer is refused rather than shown in part. */
const STATEMENT_TIMEOUT_MS = 5000;

export interface CompiledPage {
  readonly document: PanelDocument;
  readonly queries: readonly (readonly [id: string, limit: number, query: CompiledQuery])[];
}

export function compilePage(document: PanelDocument): CompiledPage {
  const queries = document.panels.map(
    ({ id, source }) => [id, source.limit, compilePanel(source, document.time)] as const,
  );
  return { document, queries };
}

/** All rows of a page, in one snapshot that can write nothing. */
export function readPanelRows(observer: Pool, { document, queries }: CompiledPage): Promise<DashboardData> {
  return withTransaction(observer, async (tx) => {
    await tx.query("set transaction isolation level repeatable read, read only");
    await tx.query(`set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    const panels: DashboardData["panels"] = [];
    for (const [id, limit, { text, values }] of queries) {
      const asJson = `select row_to_json(x) as item from (${text}) x`;
      const { rows } = await tx.query<{ item: DashboardData["panels"][number]["rows"][number] }>(asJson, values);
      panels.push({ id, rows: rows.slice(0, limit).map(({ item }) => item), truncated: rows.length > limit });
    }
    const { rows } = await tx.query<{ at: string }>(`select ${utc("now()")} as at`);
    return { page: document.page, generated_at: rows[0]?.at ?? "", panels };
  });
}
