import { readFileSync } from "node:fs";
import { sqlState } from "@aura/shared/postgres/client";
import { DirectorActionRequest } from "@aura/shared/schemas/api/director-action";
import type { Operation } from "@aura/shared/schemas/api/operation";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { DASHBOARD_PAGES, type Panel, type PanelAction, PanelDocument } from "@aura/shared/schemas/panel-document";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compilePanel } from "../../src/dashboard/compile-panel.ts";
import { readPanelDocuments } from "../../src/dashboard/panel-documents.ts";
import { ROLES_ALLOWED } from "../../src/http/access.ts";
import { FACTS } from "../http/api-under-test.ts";

const documents = readPanelDocuments(FACTS.panels);
const panels = DASHBOARD_PAGES.flatMap((page) =>
  documents[page].panels.map((panel) => ({ name: `${page}/${panel.id}`, panel, time: documents[page].time })),
);
const operations: Readonly<Record<string, Operation>> = OPERATIONS;

let db: TestDatabase;
let columns: Map<string, string[]>;
beforeAll(async () => {
  db = await testDatabase();
  const { rows } = await db.pools.admin.query<{ name: string; columns: string[] }>(
    "select table_name as name, array_agg(column_name::text) as columns from information_schema.columns where table_schema = 'dash' group by 1",
  );
  columns = new Map(rows.map(({ name, columns: names }) => [name, names]));
});
afterAll(() => db.close());

describe.each(panels)("$name", ({ panel, time }) => {
  const { source } = panel;

  test("its relation and every column exist in schema dash", () => {
    const named = [
      ...source.columns.map(({ name }) => name),
      ...source.measures.flatMap(({ column }) => column ?? []),
      ...source.filter.map(({ column }) => column),
      ...source.groupBy,
      ...(source.timeColumn === undefined ? [] : [source.timeColumn]),
      ...source.orderBy.map(({ column }) => column).filter((name) => !source.measures.some(({ as }) => as === name)),
    ];
    expect([...columns.keys()]).toContain(source.table);
    for (const name of named) expect(columns.get(source.table)).toContain(name);
  });

  test("what it shows and links is among what it reads", () => {
    const read = outputNames(panel);
    for (const name of referredNames(panel)) expect(read).toContain(name);
  });

  test("its query is planned, and answered to the observer", async () => {
    const { text, values } = compilePanel(source, time);
    await db.pools.observer.query(`explain ${text}`, [...values]);
    expect((await db.pools.observer.query(text, [...values])).rowCount).toBeGreaterThanOrEqual(0);
  });

  test("the observer writes none of it", async () => {
    for (const write of [`delete from dash.${source.table}`, `insert into dash.${source.table} default values`]) {
      const state = await db.pools.observer.query(write).then(() => "done", sqlState);
      expect(["42501", "55000"]).toContain(state);
    }
  });
});

const actions = panels.flatMap(({ name, panel }) =>
  panel.kind === "queue" ? panel.actions.map((action) => ({ name: `${name}/${action.id}`, action })) : [],
);

describe.each(actions)("action $name", ({ action }) => {
  test("its operation exists, for the same roles, and takes what the page sends", () => {
    const operation = operations[action.operationId];
    if (operation === undefined || operation.access === "public") throw new Error(`no operation ${action.operationId}`);
    expect(action.roles).toEqual(ROLES_ALLOWED[operation.access]);
    expect(DirectorActionRequest.safeParse(bodyOf(action)).error).toBeUndefined();
  });
});

test("a queue's detail names an operation that reads", () => {
  for (const { panel } of panels) {
    if (panel.kind !== "queue" || panel.detail === undefined) continue;
    expect(operations[panel.detail.operationId]?.method).toBe("GET");
  }
});

test("a document is for the roles that may ask for it", () => {
  for (const page of DASHBOARD_PAGES) {
    expect(documents[page].roles).toEqual(ROLES_ALLOWED[OPERATIONS.getDashboard.access]);
    expect(ROLES_ALLOWED[OPERATIONS.getDashboardData.access]).toEqual(ROLES_ALLOWED[OPERATIONS.getDashboard.access]);
  }
});

test("no two panels of a page overlap or share an id, and none leaves the grid", () => {
  for (const page of DASHBOARD_PAGES) {
    const taken = new Set<string>();
    for (const { grid } of documents[page].panels) {
      expect(grid.x + grid.w).toBeLessThanOrEqual(24);
      for (let x = grid.x; x < grid.x + grid.w; x += 1)
        for (let y = grid.y; y < grid.y + grid.h; y += 1) {
          expect(taken).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
    }
    const ids = documents[page].panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
});

test("every table of the schema is behind some panel, or unmapped.json says why not", async () => {
  const { rows } = await db.pools.admin.query<{ name: string; relations: string[] }>(
    `select c.relname as name, coalesce(array_agg(distinct v.relname::text) filter (where v.relname is not null), '{}') as relations
     from pg_class c
     left join pg_depend d on d.refobjid = c.oid and d.classid = 'pg_rewrite'::regclass
     left join pg_rewrite w on w.oid = d.objid
     left join pg_class v on v.oid = w.ev_class and v.relnamespace = 'dash'::regnamespace
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') group by 1`,
  );
  const shown = new Set(panels.map(({ panel }) => panel.source.table));
  const hidden = rows.filter(({ relations }) => !relations.some((relation) => shown.has(relation)));
  const unmapped: Record<string, string> = JSON.parse(readFileSync(`${FACTS.panels}/unmapped.json`, "utf8"));
  expect(Object.keys(unmapped).sort()).toEqual(hidden.map(({ name }) => name).sort());
  for (const reason of Object.values(unmapped)) expect(reason.length).toBeGreaterThan(10);
});

test("a document with SQL for a name, an unknown key or a row too many is refused", () => {
  const good = documents.overview;
  const spoiled = (change: (document: Record<string, unknown>, panel: Record<string, unknown>) => void) => {
    const document = structuredClone(good) as unknown as { panels: Record<string, unknown>[] };
    change(document as never, document.panels[0] ?? {});
    return PanelDocument.safeParse(document).success;
  };
  expect(spoiled(() => undefined)).toBe(true);
  expect(spoiled((document) => Object.assign(document, { sql: "select 1" }))).toBe(false);
  expect(spoiled((document) => Object.assign(document, { schemaVersion: 2 }))).toBe(false);
  expect(spoiled((_, panel) => Object.assign(panel.source as object, { table: "runs; drop table runs" }))).toBe(false);
  expect(spoiled((_, panel) => Object.assign(panel.source as object, { limit: 1001 }))).toBe(false);
});

function outputNames({ source }: Panel): string[] {
  const names = [...source.columns.map(({ name }) => name), ...source.measures.map(({ as }) => as)];
  return source.bucket === undefined ? names : [...names, "bucket"];
}

function referredNames(panel: Panel): string[] {
  return [...panel.links.flatMap(({ params }) => Object.values(params)), ...ownNames(panel)];
}

function ownNames(panel: Panel): string[] {
  switch (panel.kind) {
    case "stat":
      return [panel.value, ...(panel.judged === undefined ? [] : [panel.judged])];
    case "table":
      return [panel.rowKey];
    case "bar":
      return [panel.x, panel.y];
    case "timeseries":
      return [panel.x, ...panel.y];
    case "gantt":
      return [panel.rowKey, panel.start, panel.end, panel.lane, panel.status];
    case "feed":
      return [panel.at, panel.actor, panel.text];
    case "queue":
      return [
        panel.rowKey,
        ...Object.values(panel.detail?.pathParams ?? {}),
        ...panel.actions.flatMap(({ bodyFrom, pathParams, visibleWhen }) => [
          ...Object.values({ ...bodyFrom, ...pathParams }),
          ...visibleWhen.map(({ column }) => column),
        ]),
      ];
  }
}

/** As the page builds it from a row, with something of the right form in every field that a person fills in. */
function bodyOf(action: PanelAction): Record<string, unknown> {
  const EXAMPLES: Record<string, string> = { digest: "a".repeat(64), usd: "2.50", answer: "yes" };
  const fromRow = Object.keys(action.bodyFrom).map((field) => [
    field,
    EXAMPLES[field] ?? "019abc00-0000-7000-8000-00000000abcd",
  ]);
  const filledIn = action.input.map(({ name, options }) => [name, options?.[0] ?? EXAMPLES[name] ?? "something"]);
  return { ...action.body, ...Object.fromEntries(fromRow), ...Object.fromEntries(filledIn), reason: "for the test" };
}
