import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { PrdBlock } from "@aura/shared/schemas/prd";
import type { Question, Requirement } from "@aura/shared/schemas/requirements-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";

/** One small product, as the Manager would hand it out at each step. */

export const BLOCKS: PrdBlock[] = [
  { block_id: "B1", position: 0, kind: "heading", headings: [], body: "words" },
  { block_id: "B2", position: 1, kind: "paragraph", headings: ["words"], body: "`words count FILE` prints `N words`." },
  {
    block_id: "B3",
    position: 2,
    kind: "list_item",
    headings: ["words"],
    body: "A missing FILE is an error, exit status 1.",
  },
];

export const REQUIREMENTS: Requirement[] = [
  {
    id: "R1",
    block_ids: ["B2"],
    kind: "functional",
    priority: "must",
    title: "count prints the number of words",
    text: "`words count FILE` prints `N words` and exits 0.",
    acceptance_criteria: ["a file with two words gives `2 words`"],
    verification_method: "test",
  },
  {
    id: "R2",
    block_ids: ["B3"],
    kind: "functional",
    priority: "must",
    title: "a missing file is an error",
    text: "A FILE that does not exist is an error with exit status 1.",
    acceptance_criteria: ["exit status 1 for a missing file"],
    verification_method: "test",
  },
];

const ASSUMPTIONS: Question[] = [
  {
    id: "Q1",
    block_ids: ["B2"],
    question: "What is a word?",
    assumption: "a run of characters that are no white space",
  },
];

export const INTERFACES: PlanProduct["interfaces"] = {
  modules: [],
  cli: [{ name: "words", command: ["python3", "-m", "words"], usage: "words count FILE" }],
  http: [],
};

export const PLAN: PlanProduct = {
  toolchain: "python",
  summary: "one package",
  components: [{ name: "words", purpose: "counts words", paths: ["words/**"], requirement_ids: ["R1", "R2"] }],
  interfaces: INTERFACES,
  dependencies: [],
  tasks: [
    {
      key: "T1",
      title: "Build words",
      description: "the whole package",
      requirement_ids: ["R1", "R2"],
      closes: ["R1", "R2"],
      depends_on: [],
      file_scope: ["words/**"],
    },
  ],
};

const TOOLCHAIN = { name: "python", description: "Python 3.11" };

export const REQUIREMENTS_CONTEXT: TaskContextOf<"requirements"> = {
  kind: "requirements",
  task_key: "REQ",
  title: "Requirements of words",
  blocks: BLOCKS,
  attachments: [],
  answers: [],
  base_requirements: [],
  previous: null,
  last_failure: null,
};

export const PLAN_CONTEXT: TaskContextOf<"plan"> = {
  kind: "plan",
  task_key: "PLAN",
  title: "Plan of words",
  requirements: REQUIREMENTS,
  blocks: BLOCKS,
  assumptions: ASSUMPTIONS,
  attachments: [],
  toolchain: TOOLCHAIN,
  base_tree: [],
  base_plan: null,
  previous: null,
  last_failure: null,
};

export const SUITE_CONTEXT: TaskContextOf<"acceptance_tests"> = {
  kind: "acceptance_tests",
  task_key: "SUITE",
  title: "Tests of words",
  requirements: REQUIREMENTS,
  blocks: BLOCKS,
  assumptions: ASSUMPTIONS,
  interfaces: INTERFACES,
  attachments: [],
  toolchain: TOOLCHAIN,
  wanted_requirement_ids: ["R1", "R2"],
  previous: null,
  disputes: [],
  last_failure: null,
};

export const IMPLEMENT_CONTEXT: TaskContextOf<"implement"> = {
  kind: "implement",
  task_key: "T1",
  title: "Build words",
  description: "the whole package",
  requirements: REQUIREMENTS,
  blocks: BLOCKS,
  assumptions: ASSUMPTIONS,
  interfaces: INTERFACES,
  toolchain: TOOLCHAIN,
  file_scope: ["words/**"],
  closes: ["R1", "R2"],
  related_requirements: [],
  tests: [{ id: "R1-counts", title: "count prints the number of words", requirement_ids: ["R1"] }],
  base_tree_sha256: "a".repeat(64),
  tree: [{ path: "words/__init__.py", encoding: "utf8", content: "" }],
  attachments: [{ path: "example.txt", encoding: "utf8", content: "one two\n" }],
  last_failure: null,
};

export const REVIEW_CONTEXT: TaskContextOf<"review"> = {
  kind: "review",
  task_key: "REVIEW",
  title: "Review words",
  requirements: REQUIREMENTS,
  blocks: BLOCKS,
  assumptions: ASSUMPTIONS,
  tree: [{ path: "words/__main__.py", encoding: "utf8", content: "print('x')\nprint('y')\n" }],
};

export function testOf(id: string, requirement: string) {
  return {
    id,
    requirement_ids: [requirement],
    title: `what ${requirement} says`,
    body: 'const run = await product.cli(["count", "a"], { files: { a: "x y" } });\nassert.equal(run.stdout, "2 words\\n");',
  };
}
