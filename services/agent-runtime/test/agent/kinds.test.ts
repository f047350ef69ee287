import type { SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { SubmittedSuite } from "@aura/shared/schemas/survivors";
import type { TaskContext } from "@aura/shared/schemas/task-context";
import { describe, expect, it } from "vitest";
import {
  IMPLEMENT_CONTEXT,
  PLAN,
  PLAN_CONTEXT,
  REQUIREMENTS,
  REQUIREMENTS_CONTEXT,
  REVIEW_CONTEXT,
  SUITE_CONTEXT,
  testOf,
} from "../contexts.ts";
import { attempt, memoryDesk, type Script, scriptedProvider } from "../scripted.ts";

interface Case {
  readonly context: TaskContext;
  readonly calls: readonly { name: string; arguments: Record<string, unknown> }[];
  readonly product: unknown;
}

const withDefaults = (test: ReturnType<typeof testOf>) => ({ ...test, timeout_s: 15 });

const CASES: readonly Case[] = [
  {
    context: REQUIREMENTS_CONTEXT,
    calls: [{ name: "submit_requirements", arguments: { requirements: REQUIREMENTS, self_confidence: 0.9 } }],
    product: {
      requirements: REQUIREMENTS,
      dispositions: [{ block_id: "B1", disposition: "context", reason: "heading" }],
      questions: [],
    },
  },
  {
    context: PLAN_CONTEXT,
    calls: [{ name: "submit_plan", arguments: { ...PLAN, self_confidence: 0.9 } }],
    product: PLAN,
  },
  {
    context: SUITE_CONTEXT,
    calls: [
      {
        name: "submit_acceptance_tests",
        arguments: { tests: [testOf("R1-a", "R1"), testOf("R2-a", "R2")], self_confidence: "90%" },
      },
    ],
    product: { prelude: "", tests: [testOf("R1-a", "R1"), testOf("R2-a", "R2")].map(withDefaults), rulings: [] },
  },
  {
    context: IMPLEMENT_CONTEXT,
    calls: [
      { name: "write_file", arguments: { path: "words/__main__.py", content: "print(1)\n" } },
      { name: "edit_file", arguments: { path: "words/__main__.py", old: "1", new: "2" } },
      { name: "dispute_test", arguments: { test_id: "R1-counts", basis: "B2 says N words, the test wants more" } },
      { name: "submit", arguments: { summary: "built", self_confidence: 0.9 } },
    ],
    product: {
      base_tree_sha256: "a".repeat(64),
      changes: [{ path: "words/__main__.py", content: "print(2)\n" }],
      summary: "built",
      disputes: [{ test_id: "R1-counts", basis: "B2 says N words, the test wants more" }],
    },
  },
  {
    context: REVIEW_CONTEXT,
    calls: [
      {
        name: "submit_review",
        arguments: {
          summary: "small",
          doubts: [{ path: "words/__main__.py", line: 2, requirement_id: "R1", severity: "low", text: "prints y" }],
          self_confidence: 0.9,
        },
      },
    ],
    product: {
      summary: "small",
      doubts: [{ path: "words/__main__.py", line: 2, requirement_id: "R1", severity: "low", text: "prints y" }],
    },
  },
];

describe.each(CASES)("a task of kind $context.kind", ({ context, calls, product }) => {
  it("is done by tool calls", async () => {
    const desk = await attempt(context, scriptedProvider([{ calls }]));
    expect(desk.end_of_attempt).toEqual({ submitted: product, self_confidence: 0.9 });
  });

  it("is done in JSON mode", async () => {
    const actions = calls.map((call) => ({ tool: call.name, arguments: call.arguments }));
    const provider = scriptedProvider([{ text: `Sure:\n\`\`\`json\n${JSON.stringify({ actions })}\n\`\`\`` }]);
    const desk = await attempt(context, provider, { mode: "json" });
    expect(desk.end_of_attempt).toEqual({ submitted: product, self_confidence: 0.9 });
    expect(provider.requests[0]).toMatchObject({ tools: [], response_format: "json_object" });
  });

  it("ends as gave_up when the model talks nonsense for ever", async () => {
    const desk = await attempt(context, scriptedProvider([{ text: "I would love to help you with that." }]));
    expect(desk.end_of_attempt).toMatchObject({ outcome: "gave_up", code: "no_usable_reply" });
    expect(desk.reserved).toHaveLength(5);
  });

  it("asks the same question byte for byte for the same context, without ids, times or hashes", async () => {
    const [first, second] = [scriptedProvider([{ calls }]), scriptedProvider([{ calls }])];
    await attempt(context, first);
    await attempt(context, second);
    expect(second.requests.map((each) => each.messages)).toEqual(first.requests.map((each) => each.messages));
    const said = JSON.stringify(first.requests[0]?.messages);
    expect(said).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{40}|\b20\d\d-\d\d-\d\dT/);
  });
});

describe("products that are handed in piecewise", () => {
  it("joins parts, and mends a refused draft without the whole being sent again", async () => {
    const [first, second] = REQUIREMENTS;
    const script: Script = [
      { calls: [{ name: "submit_requirements", arguments: { requirements: [first], more_follows: true } }] },
      { calls: [{ name: "submit_requirements", arguments: { requirements: [] } }] },
      { calls: [{ name: "submit_requirements", arguments: { amend: true, requirements: [second] } }] },
    ];
    const provider = scriptedProvider(script);
    const desk = await attempt(REQUIREMENTS_CONTEXT, provider);
    expect(JSON.stringify(provider.requests[2]?.messages.at(-1))).toContain("B3");
    expect(desk.end_of_attempt).toMatchObject({ submitted: { requirements: REQUIREMENTS } });
  });

  it("hands a product in after three refusals, because the Auditor judges and not the precheck", async () => {
    const bad = { ...PLAN, tasks: PLAN.tasks.map((task) => ({ ...task, closes: ["R1"] })) };
    const provider = scriptedProvider([{ calls: [{ name: "submit_plan", arguments: bad }] }]);
    const desk = await attempt(PLAN_CONTEXT, provider);
    expect(provider.requests).toHaveLength(4);
    expect(JSON.stringify(provider.requests[1]?.messages.at(-1))).toContain("R2 is closed by no task");
    expect(desk.end_of_attempt).toMatchObject({ submitted: bad, self_confidence: 0.5 });
  });

  it("drops fields that the schema does not know", async () => {
    const call = { name: "submit_plan", arguments: { ...PLAN, remarks: "none", self_confidence: 0.7 } };
    const desk = await attempt(PLAN_CONTEXT, scriptedProvider([{ calls: [call] }]));
    expect(desk.end_of_attempt).toEqual({ submitted: PLAN, self_confidence: 0.7 });
  });
});

describe("acceptance tests of many requirements", () => {
  const many = Array.from({ length: 10 }, (_, index) => ({
    ...REQUIREMENTS[0],
    id: `R${index + 1}`,
  })) as typeof REQUIREMENTS;
  const context = { ...SUITE_CONTEXT, requirements: many, wanted_requirement_ids: many.map((each) => each.id) };
  const batch = (prelude: string, from: number, to: number) => ({
    calls: [
      {
        name: "submit_acceptance_tests",
        arguments: { prelude, tests: many.slice(from, to).map((each) => testOf(`${each.id}-a`, each.id)) },
      },
    ],
  });

  it("are written eight requirements at a time and carry their own prelude", async () => {
    const provider = scriptedProvider([batch("const a = 1;", 0, 8), batch("const a = 2;", 8, 10)]);
    const desk = await attempt(context, provider);
    const { submitted } = desk.end_of_attempt as { submitted: SuiteProduct };
    expect(submitted.prelude).toBe("");
    expect(submitted.tests.map((test) => test.id)).toEqual(many.map((each) => `${each.id}-a`));
    expect(submitted.tests[0]?.body).toMatch(/^const a = 1;\n\{/);
    expect(submitted.tests[9]?.body).toMatch(/^const a = 2;\n\{/);
    expect(provider.requests[1]?.messages).toHaveLength(2);
  });

  it("are only written again where the last failure was", async () => {
    const previous = {
      prelude: "",
      tests: many.map((each) => ({ ...testOf(`${each.id}-a`, each.id), timeout_s: 15 })),
      rulings: [],
    };
    const finding = { code: "test_broken", message: "x is not defined", subject: "R9-a" };
    const red = {
      test_id: "R1-a",
      requirement_ids: ["R1"],
      outcome: "fail" as const,
      input: null,
      expected: null,
      observed: null,
    };
    const last_failure = {
      findings: [finding],
      tests: [{ ...red, message: "red on the stub, as it should be" }],
      passed_test_ids: [],
      note: null,
    };
    const mended = { ...testOf("R9-a", "R9"), body: `${testOf("R9-a", "R9").body}\nassert.ok(true);` };
    const provider = scriptedProvider([
      { calls: [{ name: "submit_acceptance_tests", arguments: { amend: true, tests: [mended] } }] },
    ]);
    const desk = await attempt({ ...context, previous, last_failure }, provider);
    const { submitted } = desk.end_of_attempt as { submitted: SuiteProduct };
    expect(provider.requests).toHaveLength(1);
    expect(String(provider.requests[0]?.messages[1]?.content)).not.toContain("as it should be");
    expect(submitted.tests).toHaveLength(10);
    expect(submitted.tests.find((test) => test.id === "R9-a")?.body).toContain("assert.ok(true)");
  });

  it("are sent back when a body is not JavaScript", async () => {
    const broken = { ...testOf("R1-a", "R1"), body: "const run = await product.cli([);\nassert.ok(run);" };
    const script: Script = [
      { calls: [{ name: "submit_acceptance_tests", arguments: { tests: [broken, testOf("R2-a", "R2")] } }] },
      { calls: [{ name: "submit_acceptance_tests", arguments: { amend: true, tests: [testOf("R1-a", "R1")] } }] },
    ];
    const provider = scriptedProvider(script);
    const desk = await attempt(SUITE_CONTEXT, provider);
    expect(JSON.stringify(provider.requests[1]?.messages.at(-1))).toContain("R1-a is not valid JavaScript");
    expect(desk.end_of_attempt).toMatchObject({ submitted: { tests: [{ id: "R1-a" }, { id: "R2-a" }] } });
  });
});

describe("a dispute", () => {
  const disputed = withDefaults(testOf("R1-a", "R1"));
  const context = { ...SUITE_CONTEXT, disputes: [{ test: disputed, basis: "B2 says nothing of this" }] };

  it("that is upheld hands the test back as it was", async () => {
    const rulings = [{ test_id: "R1-a", ruling: "upheld", basis: "B2: prints `N words`" }];
    const provider = scriptedProvider([{ calls: [{ name: "submit_acceptance_tests", arguments: { rulings } }] }]);
    const desk = await attempt(context, provider);
    expect(desk.end_of_attempt).toMatchObject({ submitted: { tests: [disputed], rulings } });
  });

  it("that replaces a test by one that asserts less is sent back", async () => {
    const rulings = [{ test_id: "R1-a", ruling: "replaced", basis: "B2 leaves it open" }];
    const tests = [{ ...disputed, body: "await product.cli([]);" }];
    const provider = scriptedProvider([
      { calls: [{ name: "submit_acceptance_tests", arguments: { rulings, tests } }] },
    ]);
    await attempt(context, provider);
    expect(JSON.stringify(provider.requests[1]?.messages.at(-1))).toContain("it may not look at less");
  });

  it("that replaces a test without changing it is sent back", async () => {
    const rulings = [{ test_id: "R1-a", ruling: "replaced", basis: "B2 leaves it open" }];
    const call = { name: "submit_acceptance_tests", arguments: { rulings, tests: [disputed] } };
    const provider = scriptedProvider([{ calls: [call] }]);
    await attempt(context, provider);
    expect(JSON.stringify(provider.requests[1]?.messages.at(-1))).toContain("its body is the same");
  });
});

describe("changes that no test noticed", () => {
  const own = withDefaults(testOf("R1-a", "R1"));
  const survivors = [
    { function: "count", behaviour: "equal values count on the other side", requirement_ids: ["R1"] },
    { function: "main", behaviour: "a step is left out", requirement_ids: ["R1"] },
  ];
  const previous = { prelude: "const one = 1;", tests: [own], rulings: [] };
  const context = { ...SUITE_CONTEXT, wanted_requirement_ids: ["R1"], previous, survivors };
  const answers = [
    { number: 2, answer: "equivalent", basis: "nobody could see it" },
    { number: 1, answer: "tested", basis: "B2: prints `N words`" },
  ];
  const handIn = (given: object) => ({ calls: [{ name: "submit_acceptance_tests", arguments: given }] });

  it("are told as behaviour, and answered by further tests that carry their own prelude", async () => {
    const provider = scriptedProvider([handIn({ prelude: "const one = 2;", tests: [testOf("R1-b", "R1")], answers })]);
    const desk = await attempt(context, provider);
    const { submitted } = desk.end_of_attempt as { submitted: SubmittedSuite };
    expect(submitted).toMatchObject({ prelude: "const one = 1;", tests: [{ id: "R1-b" }] });
    expect(submitted.tests[0]?.body).toMatch(/^const one = 2;\n\{/);
    expect(submitted.survivor_answers?.map(({ number }) => number)).toEqual([1, 2]);
    const prompt = String(provider.requests[0]?.messages[1]?.content);
    expect(prompt).toContain("1. In count (reached by tests of R1): equal values count on the other side.");
    expect(prompt).toContain("## R1-a (R1");
  });

  it("may need no further test: then one comes back as it was", async () => {
    const none = answers.map((given) => ({ ...given, answer: "not_required" }));
    const desk = await attempt(context, scriptedProvider([handIn({ answers: none })]));
    expect(desk.end_of_attempt).toMatchObject({ submitted: { prelude: "const one = 1;", tests: [own] } });
  });

  it("are each answered, without touching a test that there is", async () => {
    const first = handIn({ tests: [testOf("R1-a", "R1")], answers: [answers[0], { ...answers[1], number: 3 }] });
    const provider = scriptedProvider([first, handIn({ tests: [testOf("R1-b", "R1")], answers })]);
    const desk = await attempt(context, provider);
    const told = JSON.stringify(provider.requests[1]?.messages.at(-1));
    for (const text of ["R1-a is a test that stays", "Change 1 has no answer", "There is no change 3"])
      expect(told).toContain(text);
    expect(desk.end_of_attempt).toMatchObject({ submitted: { tests: [{ id: "R1-b" }] } });
  });
});

describe("a developer", () => {
  it("is refused what lies outside the file scope, and people are told", async () => {
    const script: Script = [
      {
        calls: [
          { name: "write_file", arguments: { path: "other/x.py", content: "" } },
          { name: "write_file", arguments: { path: "attachments/example.txt", content: "" } },
          { name: "write_file", arguments: { path: "words/../../etc/passwd", content: "" } },
          { name: "submit", arguments: { summary: "nothing" } },
        ],
      },
      { calls: [{ name: "give_up", arguments: { reason: "nothing is allowed here" } }] },
    ];
    const provider = scriptedProvider(script);
    const desk = await attempt(IMPLEMENT_CONTEXT, provider);
    const told = provider.requests[1]?.messages.slice(-4).map((message) => message.content);
    expect(told?.slice(0, 3)).toEqual([
      expect.stringContaining("outside the file scope"),
      expect.stringContaining("read-only"),
      expect.stringContaining("not a relative path"),
    ]);
    expect(told?.[3]).toContain("not handed in");
    expect(desk.lines.filter((line) => line.startsWith("policy refused"))).toHaveLength(3);
    expect(desk.end_of_attempt).toMatchObject({ outcome: "gave_up", code: "gave_up" });
  });

  it("gets bounded check output back without times, and cannot hand in what does not compile", async () => {
    const result = {
      exit_code: 1,
      reason: "exit",
      stdout: "Ran 3 tests in 0.012s\n",
      stderr: "SyntaxError",
      duration_ms: 9,
    };
    const desk = memoryDesk({
      readSandboxJob: async () => ({ status: "done", result: Buffer.from(JSON.stringify(result)) }),
    });
    const script: Script = [
      {
        calls: [
          { name: "write_file", arguments: { path: "words/a.py", content: "def" } },
          { name: "submit", arguments: { summary: "built" } },
        ],
      },
      { calls: [{ name: "ask_director", arguments: { question: "What is meant by def?" } }] },
    ];
    const provider = scriptedProvider(script);
    await attempt(IMPLEMENT_CONTEXT, provider, { desk });
    const told = String(provider.requests[1]?.messages.at(-1)?.content);
    expect(told).toContain("the files do not compile");
    expect(told).toContain("Ran 3 tests in <time>");
    expect(desk.end_of_attempt).toMatchObject({
      outcome: "held_up",
      code: "question",
      detail: "What is meant by def?",
    });
  });

  it("may hand in nothing but a dispute, when the files are there already", async () => {
    const calls = [
      { name: "dispute_test", arguments: { test_id: "R1-counts", basis: "B2 says N words, the test wants more" } },
      { name: "submit", arguments: { summary: "the test is wrong" } },
    ];
    const desk = await attempt(IMPLEMENT_CONTEXT, scriptedProvider([{ calls }]));
    expect(desk.end_of_attempt).toMatchObject({
      submitted: { changes: [{ path: "words/__init__.py", content: "" }], disputes: [{ test_id: "R1-counts" }] },
    });
  });

  it("who wrote everything and then only talks has handed it in", async () => {
    const write = { calls: [{ name: "write_file", arguments: { path: "words/a.py", content: "x = 1\n" } }] };
    const desk = await attempt(IMPLEMENT_CONTEXT, scriptedProvider([write, { text: "All done!" }]));
    expect(desk.end_of_attempt).toMatchObject({
      submitted: { changes: [{ path: "words/a.py" }] },
      self_confidence: 0.1,
    });
  });

  it("who runs out of replies hands in what was written, and gives up when nothing was", async () => {
    const read = { calls: [{ name: "list_files", arguments: {} }] };
    const idle = await attempt(IMPLEMENT_CONTEXT, scriptedProvider([read]));
    expect(idle.end_of_attempt).toMatchObject({ outcome: "gave_up", code: "out_of_turns" });
    const write = { calls: [{ name: "write_file", arguments: { path: "words/a.py", content: "x = 1\n" } }] };
    const busy = await attempt(IMPLEMENT_CONTEXT, scriptedProvider([write, read]));
    expect(busy.end_of_attempt).toMatchObject({
      submitted: { changes: [{ path: "words/a.py", content: "x = 1\n" }] },
      self_confidence: 0.1,
    });
  });
});
