import { canonicalJson, sha256Hex } from "@aura/shared/models/canonical-json";
import { derivedId, newId } from "@aura/shared/models/ids";
import { findToolchain, TOOLCHAINS } from "@aura/shared/models/toolchains";
import { type Tree, treeEntries } from "@aura/shared/models/tree";
import { putBlobs } from "@aura/shared/postgres/blobs";
import { type Pool, withTransaction } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { RunRequest } from "@aura/shared/schemas/api/run";
import { PRD_BYTES_MAX, type PrdBlock } from "@aura/shared/schemas/prd";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { type Carrier, createRun, requireDone } from "../db/director-verb-statements.ts";
import { CURSOR_ID } from "../db/read-rows.ts";
import { readProject, readProjectByName, readRun } from "../db/read-run-statements.ts";
import type { AppFacts } from "../http/app-deps.ts";
import { attachmentTree } from "./attachments.ts";
import { chooseModel } from "./choose-model.ts";
import type { RecordingIndex } from "./recordings.ts";
import { normalisePrd, splitPrd } from "./split-prd.ts";

export interface Intake {
  readonly pool: Pool;
  readonly facts: AppFacts;
  readonly recordings: RecordingIndex;
}

/** What was handed in, judged and split, before anything is written. */
interface HandIn {
  readonly title: string;
  readonly body: string;
  readonly blocks: readonly PrdBlock[];
  readonly attachments: Tree;
}

/**
 * Takes a PRD in: everything is judged first, then one transaction stores documents and run together, so a refused
 * hand-in leaves nothing behind.
 *
 * The run's id is the carrier's action_id. Where it is there already, an earlier request made it, and nothing is done.
 *
 * @returns id of the run, in status `planning` with its first task ready
 * @throws {AuraError} `prd_empty`, `payload_too_large`, `attachment_name_refused`, `validation_failed`, `not_found`,
 *   `nothing_delivered` (base run), `unknown_provider`, `unknown_price`, `not_recorded`
 */
export async function startRun(intake: Intake, carrier: Carrier, request: RunRequest): Promise<string> {
  const id = carrier.action_id;
  if ((await readRun(intake.pool, id)) !== null) return id;
  const handIn = judge(request);
  const toolchain = toolchainOf(request);
  const project = await resolveProject(intake.pool, request.project);
  await requireDelivered(intake.pool, request.base_run_id ?? null);
  const model = await chooseModel(intake, request, {
    prd_sha256: sha256Hex(normalisePrd(handIn.body)),
    attachments: treeEntries(handIn.attachments),
  });
  const outcome = await withTransaction(intake.pool, async (tx) => {
    await putBlobs(tx, documentsOf(handIn));
    return createRun(tx, carrier, { ...runOf(id, intake.facts, request, handIn), ...project, ...model, toolchain });
  });
  return requireDone(outcome);
}

function judge(request: RunRequest): HandIn {
  const { body, title } = request.prd;
  if (Buffer.byteLength(body, "utf8") > PRD_BYTES_MAX)
    throw new AuraError("payload_too_large", `prd.body is larger than ${PRD_BYTES_MAX} bytes`);
  const text = normalisePrd(body);
  if (text.trim() === "") throw new AuraError("prd_empty", "prd.body has no text");
  const attachments = attachmentTree(request.prd.attachments);
  const blocks = splitPrd(text);
  const heading = blocks.find(({ kind }) => kind === "heading")?.body.slice(0, 300);
  return { title: title ?? heading ?? request.project, body, blocks, attachments };
}

function toolchainOf(request: RunRequest): string {
  const name = request.toolchain ?? TOOLCHAINS[0]?.name ?? "";
  if (findToolchain(name) !== undefined) return name;
  const message = `there is ${TOOLCHAINS.map((toolchain) => toolchain.name).join(", ")}`;
  throw new AuraError("validation_failed", `toolchain: ${message}`, {
    issues: [{ path: "toolchain", code: "unknown_toolchain", message }],
  });
}

async function resolveProject(pool: Pool, nameOrId: string) {
  const found = CURSOR_ID.test(nameOrId) ? await readProject(pool, nameOrId) : await readProjectByName(pool, nameOrId);
  if (found !== null) return { project_id: found.id, project_name: null };
  if (CURSOR_ID.test(nameOrId)) throw new AuraError("not_found", "there is no project with this id");
  return { project_id: null, project_name: nameOrId };
}

async function requireDelivered(pool: Pool, base_run_id: string | null): Promise<void> {
  if (base_run_id === null) return;
  const base = await readRun(pool, base_run_id);
  if (base === null) throw new AuraError("not_found", "base_run_id names no run");
  if (base.delivered_revision === null) throw new AuraError("nothing_delivered", "base_run_id names no delivered run");
}

/** Bodies and media types of everything that the run's rows name by hash. */
function documentsOf(handIn: HandIn) {
  const json = [attachmentRefs(handIn), handIn.blocks, FIRST_SPEC].map((value) => ({
    body: Buffer.from(canonicalJson(value), "utf8"),
    media_type: "application/json",
  }));
  const files = [...handIn.attachments.values()].map((body) => ({ body, media_type: "application/octet-stream" }));
  return [{ body: Buffer.from(handIn.body, "utf8"), media_type: "text/markdown" }, ...json, ...files];
}

const attachmentRefs = (handIn: HandIn) => treeEntries(handIn.attachments);

const FIRST_SPEC: TaskSpec = TaskSpec.parse({});

function runOf(id: string, facts: AppFacts, request: RunRequest, handIn: HandIn) {
  const hash = (value: unknown) => sha256Hex(canonicalJson(value));
  return {
    id,
    title: handIn.title,
    oversight: request.oversight,
    base_run_id: request.base_run_id ?? null,
    usd_limit: request.budget?.usd ?? facts.budget_usd,
    tokens_limit: request.budget?.tokens ?? facts.budget_tokens,
    strict_policy: facts.strict_policy,
    prd: {
      id: newId(),
      title: handIn.title,
      body_sha256: sha256Hex(Buffer.from(handIn.body, "utf8")),
      attachments_sha256: hash(attachmentRefs(handIn)),
      blocks_sha256: hash(handIn.blocks),
      blocks: handIn.blocks,
    },
    first_task: {
      id: derivedId(id, "REQ"),
      key: "REQ",
      title: "Requirements from the PRD",
      spec_sha256: hash(FIRST_SPEC),
    },
  };
}
