import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DASHBOARD_PAGES, type DashboardPage, PanelDocument } from "@aura/shared/schemas/panel-document";

/**
 * The panel documents of a folder, strictly parsed.
 *
 * @throws at the first one that is missing or not of version 1: a page that shows half of the truth is not served
 */
export function readPanelDocuments(folder: string): Readonly<Record<DashboardPage, PanelDocument>> {
  const read = (page: DashboardPage) => {
    const document = PanelDocument.parse(JSON.parse(readFileSync(join(folder, `${page}.json`), "utf8")));
    if (document.page !== page) throw new Error(`${page}.json is the document of ${document.page}`);
    return [page, document] as const;
  };
  return Object.fromEntries(DASHBOARD_PAGES.map(read)) as Record<DashboardPage, PanelDocument>;
}
