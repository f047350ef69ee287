import { isUtf8 } from "node:buffer";
import type { Tree } from "@aura/shared/models/tree";
import { readBlobs, readJson, readTree } from "@aura/shared/postgres/blobs";
import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { FileEntry } from "@aura/shared/schemas/api/software";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { pageOfRows, pageRequest } from "../db/read-rows.ts";
import type { TreeRow } from "../db/read-software-statements.ts";
import { buildDeliveryReport, renderReportMarkdown } from "../orchestration/delivery-report.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { selectTree } from "./revision-selector.ts";
import { untilSealed } from "./seals.ts";
import { tarGz, zip } from "./software-archive.ts";
import { treeDiff } from "./tree-diff.ts";

const CURSOR_PATH = /^.{1,240}$/s;
const EMPTY: Tree = new Map();

/** The trees of a run: landed, delivered, attempted. */
export function addSoftwareRoutes(app: FastifyInstance, deps: AppDeps): void {
  const { pool } = deps;
  const manifestOf = (tree: TreeRow) => readJson(pool, tree.tree_sha256, z.array(FileEntry));

  addRoute(app, OPERATIONS.listFiles, async ({ params, query }) => {
    const page = pageRequest(query, [CURSOR_PATH]);
    const tree = await namedTree(params.run_id, query.revision ?? "head");
    if (tree === null) return { data: [], next_cursor: null, revision: null };
    const after = page.after?.[0] ?? "";
    const rest = (await manifestOf(tree)).filter(({ path }) => path > after);
    return { ...pageOfRows(rest, page, ({ path }) => [path]), revision: sourceOf(tree) };
  });

  addRoute(app, OPERATIONS.getFile, async ({ params, query, reply }) => {
    const tree = await namedTree(params.run_id, query.revision ?? "head");
    const entries = tree === null ? [] : await manifestOf(tree);
    const entry = entries.find(({ path }) => path === params["*"]);
    if (entry === undefined) throw new AuraError("not_found", "the tree has no file with this path");
    const body = (await readBlobs(pool, [entry.sha256])).get(entry.sha256);
    if (body === undefined) throw new AuraError("not_found", "the content of this file was erased");
    return sendInert(reply, body, entry.sha256);
  });

  addRoute(app, OPERATIONS.getDiff, async ({ params, query, reply }) => {
    const to = await namedTree(params.run_id, query.to ?? "head");
    const from = query.from === undefined ? parentOf(to) : await namedTree(params.run_id, query.from);
    const text = treeDiff(await filesOf(from), await filesOf(to));
    return reply.type("text/x-diff; charset=utf-8").send(text);
  });

  addRoute(app, OPERATIONS.downloadSoftware, async ({ params, query, reply }) => {
    await untilSealed(deps, params.run_id, reply);
    const { files, at } = await delivery(params.run_id, query.revision);
    return sendArchive(reply, "application/gzip", `aura-${params.run_id}.tar.gz`, await tarGz(files, at));
  });

  addRoute(app, OPERATIONS.downloadSoftwareZip, async ({ params, query, reply }) => {
    await untilSealed(deps, params.run_id, reply);
    const { files, at } = await delivery(params.run_id, query.revision);
    return sendArchive(reply, "application/zip", `aura-${params.run_id}.zip`, zip(files, at));
  });

  /** The software with its report beside it, and the time that its files show. */
  async function delivery(run_id: string, revision: string | undefined): Promise<{ files: Tree; at: Date }> {
    const tree = await namedTree(run_id, revision ?? "delivered");
    if (tree === null && revision !== "best")
      throw new AuraError("nothing_delivered", "the run has delivered nothing yet");
    const files = new Map(await filesOf(tree));
    const report = await buildDeliveryReport(pool, run_id);
    if (report === null) throw new AuraError("not_found", "there is no run with this id");
    const name = files.has("REPORT.md") ? "AURA_REPORT.md" : "REPORT.md";
    files.set(name, Buffer.from(renderReportMarkdown(report), "utf8"));
    return { files, at: new Date(tree?.created_at ?? report.generated_at) };
  }

  async function namedTree(run_id: string, selector: string): Promise<TreeRow | null> {
    return selector === "base" ? null : selectTree(pool, run_id, selector);
  }

  async function filesOf(tree: { tree_sha256: string } | null): Promise<Tree> {
    return tree === null ? EMPTY : readTree(pool, tree.tree_sha256);
  }
}

function parentOf(tree: TreeRow | null): { tree_sha256: string } | null {
  return tree?.parent_tree_sha256 == null ? null : { tree_sha256: tree.parent_tree_sha256 };
}

function sourceOf(tree: TreeRow) {
  const { parent_tree_sha256, parent_label, ...source } = tree;
  return source;
}

function sendArchive(reply: FastifyReply, media: string, filename: string, bytes: Uint8Array): FastifyReply {
  return reply.type(media).header("content-disposition", `attachment; filename="${filename}"`).send(bytes);
}

/** Generated content is shown, never run: no sniffing, no scripts, nothing loaded. */
function sendInert(reply: FastifyReply, body: Buffer, sha256: string): FastifyReply {
  return reply
    .type(isUtf8(body) && !body.includes(0) ? "text/plain; charset=utf-8" : "application/octet-stream")
    .header("etag", `"${sha256}"`)
    .header("content-security-policy", "default-src 'none'; sandbox")
    .send(body);
}
