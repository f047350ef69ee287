import { type Tree, treeSha256 } from "@aura/shared/models/tree";
import { putTree, readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { readBestAttempt } from "../../db/orchestration-context.ts";
import {
  readBlocks,
  readPlan,
  readRequirements,
  readRunTasks,
  readSuite,
} from "../../db/orchestration-specification.ts";
import { closedRequirements, closingTests } from "../closing-tests.ts";
import { rebase } from "../rebase.ts";
import { headNow } from "../submission-tree.ts";
import { attachmentFiles, contextFiles } from "./context-files.ts";
import { failureSources } from "./failure-sources.ts";
import {
  assumptionsOf,
  type ContextGround,
  inScopeOf,
  installedDependencies,
  sourceBlocks,
  toolchainFacts,
} from "./ground.ts";
import { lastFailure } from "./last-failure.ts";

/** For the developer: its requirements, the whole tree to read, its scope to write, its tests by name only. */
export async function implementContext(db: Queryable, ground: ContextGround): Promise<TaskContextOf<"implement">> {
  const { task, spec, facts } = ground;
  const plan = await readPlan(db, facts);
  invariant(plan !== null, "code is written for an adopted plan");
  const tests = await testNames(db, ground);
  const all = inScopeOf(await readRequirements(db, task.run_id));
  const requirements = all.filter(({ id }) => spec.requirement_ids.includes(id));
  const leanedOn = new Set(tests.flatMap(({ requirement_ids }) => requirement_ids));
  const related = all.filter(({ id }) => leanedOn.has(id) && !spec.requirement_ids.includes(id));
  const head = await headNow(db, facts.head_revision_id);
  const tree = await startingTree(db, ground, head);
  return {
    kind: "implement",
    task_key: task.key,
    title: task.title,
    description: spec.description,
    requirements,
    blocks: sourceBlocks(await readBlocks(db, facts), [...requirements, ...related]),
    assumptions: await assumptionsOf(db, task.run_id),
    interfaces: plan.interfaces,
    toolchain: toolchainFacts(facts.toolchain),
    ...(await installedDependencies(db, facts, plan)),
    file_scope: spec.file_scope,
    closes: spec.closes,
    related_requirements: related,
    tests,
    base_tree_sha256: await putTree(db, tree),
    head_tree_sha256: await storedHead(db, head),
    tree: contextFiles(tree, "whole"),
    attachments: await attachmentFiles(db, facts),
    last_failure: lastFailure(await failureSources(db, task, spec)),
  };
}

/** The head with the best attempt so far carried over; where others changed the same path, theirs stands. */
async function startingTree(db: Queryable, { task }: ContextGround, head: Tree): Promise<Tree> {
  const best = task.best_request_id === null ? null : await readBestAttempt(db, task.best_request_id);
  if (best === null) return head;
  const base = best.base_tree_sha256 === null ? new Map() : await readTree(db, best.base_tree_sha256);
  return rebase(base, await readTree(db, best.tree_sha256), head).tree;
}

async function storedHead(db: Queryable, head: Tree): Promise<string> {
  return head.size === 0 ? putTree(db, head) : treeSha256(head);
}

async function testNames(db: Queryable, { task, facts }: ContextGround) {
  const suite = await readSuite(db, facts);
  const closed = closedRequirements(task.task_id, await readRunTasks(db, task.run_id));
  const tests = closingTests(suite?.tests ?? [], closed);
  return tests.map(({ id, title, requirement_ids }) => ({ id, title, requirement_ids }));
}
