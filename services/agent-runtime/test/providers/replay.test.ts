import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRecorder } from "../../src/providers/recording.ts";
import { readRecordings, replayProvider } from "../../src/providers/replay.ts";
import { IMPLEMENT_CONTEXT } from "../contexts.ts";
import { attempt, type Script, scriptedProvider, USAGE } from "../scripted.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aura-replay-"));
});
afterAll(() => rm(folder, { recursive: true }));

const SCRIPT: Script = [
  { text: "Let me think about it." },
  { calls: [{ name: "write_file", arguments: { path: "words/a.py", content: "x = 1\n" } }] },
  { calls: [{ name: "run_check", arguments: { name: "unit_tests" } }] },
  { calls: [{ name: "submit", arguments: { summary: "built", self_confidence: 0.8 } }] },
];

async function record(): Promise<unknown> {
  const lines = join(folder, "lines.jsonl");
  const desk = await attempt(IMPLEMENT_CONTEXT, scriptedProvider(SCRIPT), { recorder: createRecorder(lines) });
  const calls = (await readFile(lines, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  await mkdir(join(folder, "words"));
  await writeFile(
    join(folder, "words", "recording.json"),
    JSON.stringify({ prd_sha256: "0", template_versions: {}, calls }),
  );
  return desk.end_of_attempt;
}

it("a recorded conversation plays again to the same end, marked as a replay", async () => {
  const recorded = await record();
  const replay = replayProvider(await readRecordings(folder));
  const desk = await attempt(IMPLEMENT_CONTEXT, replay);
  expect(desk.end_of_attempt).toEqual(recorded);
  expect(desk.lines.filter((line) => line.startsWith("REPLAY: "))).toHaveLength(4);
  expect(desk.settled[0]).toMatchObject({ ...USAGE, outcome: "ok" });
});

it("what was not recorded is an error that says so, and costs nothing", async () => {
  const replay = replayProvider(await readRecordings(folder));
  const desk = await attempt({ ...IMPLEMENT_CONTEXT, description: "something else" }, replay);
  expect(desk.end_of_attempt).toMatchObject({ outcome: "held_up", code: "not_recorded" });
  expect(desk.settled).toEqual([
    expect.objectContaining({ input_tokens: 0, output_tokens: 0, outcome: "not_recorded" }),
  ]);
});

it("a folder without recordings offers none, a malformed recording is refused", async () => {
  expect((await readRecordings(join(folder, "absent"))).size).toBe(0);
  await mkdir(join(folder, "broken"));
  await writeFile(join(folder, "broken", "recording.json"), '{"calls": 1}');
  await expect(readRecordings(folder)).rejects.toThrow();
});
