import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { z } from "zod";
import { readAnswers } from "../../db/orchestration-approvals.ts";
import { readBlocks } from "../../db/orchestration-specification.ts";
import { baseOf } from "../base-run.ts";
import { attachmentFiles } from "./context-files.ts";
import { failureSources } from "./failure-sources.ts";
import type { ContextGround } from "./ground.ts";
import { lastFailure } from "./last-failure.ts";

/** For the analyst: the whole PRD, what was answered, its own last product. */
export async function requirementsContext(
  db: Queryable,
  { task, spec, facts }: ContextGround,
): Promise<TaskContextOf<"requirements">> {
  const base = facts.base_run_id === null ? [] : (await baseOf(db, facts.base_run_id, [])).requirements;
  return {
    kind: "requirements",
    task_key: task.key,
    title: facts.title,
    blocks: await readBlocks(db, facts),
    attachments: await attachmentFiles(db, facts),
    answers: await readAnswers(db, task.task_id),
    base_requirements: [...base],
    previous: task.last_product_sha256 === null ? null : await readJson(db, task.last_product_sha256, z.unknown()),
    last_failure: lastFailure(await failureSources(db, task, spec)),
  };
}
