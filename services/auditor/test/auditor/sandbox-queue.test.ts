import { expect, test } from "vitest";
import { createSandboxQueue } from "../../src/auditor/sandbox-queue.ts";
import { scriptedSandbox } from "./scripted-sandbox.ts";

const CHECK = { tree: new Map(), toolchain: "python", command: "compile", arguments: [], attachments: new Map() };

test("two pieces of work never run in the sandbox at the same time", async () => {
  let running = 0;
  let most = 0;
  const queue = createSandboxQueue(
    scriptedSandbox({
      runCheck: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        return { exit_code: 0, reason: "exit", stdout: "", stderr: "", duration_ms: 5 };
      },
    }),
  );
  const { signal } = new AbortController();
  await Promise.all([queue.borrow(signal).runCheck(CHECK), queue.borrow(signal).runCheck(CHECK)]);
  expect(most).toBe(1);
});

test("ending one piece of work kills its running call and leaves the next one alone", async () => {
  let kill: () => void = () => undefined;
  let calls = 0;
  const queue = createSandboxQueue(
    scriptedSandbox({
      runCheck: async () => {
        calls += 1;
        if (calls === 1) await new Promise<void>((resolve) => (kill = resolve));
        return { exit_code: 0, reason: "exit", stdout: "", stderr: "", duration_ms: 5 };
      },
      killAll: async () => kill(),
    }),
  );
  const ending = new AbortController();
  const ended = queue.borrow(ending.signal).runCheck(CHECK);
  const next = queue.borrow(new AbortController().signal).runCheck(CHECK);
  await new Promise((resolve) => setImmediate(resolve));
  ending.abort(new Error("stop_all"));
  await expect(ended).rejects.toThrow("stop_all");
  await expect(next).resolves.toMatchObject({ exit_code: 0 });
  await expect(queue.borrow(ending.signal).runCheck(CHECK)).rejects.toThrow("stop_all");
  expect(calls).toBe(2);
});
