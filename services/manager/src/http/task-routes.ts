import { readBlobs, readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Task, TaskDetail } from "@aura/shared/schemas/api/task";
import { Finding } from "@aura/shared/schemas/verification-report";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { CURSOR_ID, CURSOR_TIME, pageRequest } from "../db/read-rows.ts";
import { runExists } from "../db/read-specification-statements.ts";
import {
  readActivity,
  readAttempts,
  readModelCalls,
  readTask,
  readTasks,
  readTaskVerifications,
  type TaskRow,
} from "../db/read-task-statements.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import type { RecordRead } from "./read-records.ts";
import { taskWaitsFor } from "./waiting-for.ts";

/** Characters of an evidence output that a task's detail shows. */
const OUTPUT_CHARACTERS_MAX = 16_000;

export function addTaskRoutes(app: FastifyInstance, { pool }: AppDeps, recordRead: RecordRead): void {
  addRoute(app, OPERATIONS.listTasks, async ({ params, query }) => {
    const page = await readTasks(pool, params.run_id, query, pageRequest(query, [CURSOR_TIME, CURSOR_ID]));
    if (page.data.length === 0 && !(await runExists(pool, params.run_id)))
      throw new AuraError("not_found", "there is no run with this id");
    return { ...page, data: page.data.map(taskReply) };
  });

  addRoute(app, OPERATIONS.getTask, async ({ params, request }) => {
    const detail = await buildTaskDetail(pool, params.task_id);
    if (detail === null) throw new AuraError("not_found", "there is no task with this id");
    if (detail.verifications.some(({ evidence }) => evidence.length > 0))
      await recordRead(request, "task_evidence", params.task_id);
    return detail;
  });
}

function taskReply(row: TaskRow): Task {
  const { waiting_code, waiting_detail, run_final, paused_at, stopped_at, ...facts } = row;
  return { ...facts, waiting_for: taskWaitsFor(row) };
}

async function buildTaskDetail(db: Queryable, task_id: string): Promise<TaskDetail | null> {
  const row = await readTask(db, task_id);
  if (row === null) return null;
  const { spec_sha256, spend, ...facts } = row;
  return {
    ...taskReply(facts),
    spend,
    specification: await readJson(db, spec_sha256, z.unknown()),
    attempts: await readAttempts(db, task_id),
    verifications: await withDocuments(db, await readTaskVerifications(db, task_id)),
    model_calls: await readModelCalls(db, task_id),
    activity: await readActivity(db, task_id),
  };
}

/** What a task's detail shows of a report; the rest of it stands in rows. */
const ReportFindings = z.object({ findings: z.array(Finding).default([]) });

type VerificationRow = Awaited<ReturnType<typeof readTaskVerifications>>[number];

/** Adds what lives in blobs: the findings of each report and the outputs of its evidence. */
async function withDocuments(db: Queryable, rows: readonly VerificationRow[]) {
  const hashes = [...new Set(rows.flatMap(({ evidence }) => evidence.map((item) => item.output_sha256)))];
  const outputs = await readBlobs(db, hashes);
  const textOf = (sha256: string) => outputs.get(sha256)?.toString("utf8").slice(0, OUTPUT_CHARACTERS_MAX) ?? null;
  return Promise.all(
    rows.map(async (row) => ({
      ...row,
      findings: (await readJson(db, row.report_sha256, ReportFindings)).findings,
      evidence: row.evidence.map((item) => ({ ...item, output: textOf(item.output_sha256) })),
    })),
  );
}
