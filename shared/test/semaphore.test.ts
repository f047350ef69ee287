import { describe, expect, it } from "vitest";
import { Semaphore } from "../src/semaphore.ts";

/** Work that ends when it is told to. */
function held(semaphore: Semaphore, signal?: AbortSignal) {
  let end: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    end = resolve;
  });
  const facts = { begun: false };
  const done = semaphore.run(async () => {
    facts.begun = true;
    await gate;
  }, signal);
  return { facts, done, end };
}

describe("a semaphore", () => {
  it("lets as many run as it allows, and the next in order of arrival", async () => {
    const semaphore = new Semaphore(1);
    const [first, second, third] = [held(semaphore), held(semaphore), held(semaphore)];
    expect([first.facts.begun, second.facts.begun, third.facts.begun]).toEqual([true, false, false]);
    first.end();
    await first.done;
    await expect.poll(() => [second.facts.begun, third.facts.begun]).toEqual([true, false]);
    second.end();
    third.end();
    await Promise.all([second.done, third.done]);
    expect(third.facts.begun).toBe(true);
  });

  it("lets go of who gives up waiting, and its place goes to nobody", async () => {
    const semaphore = new Semaphore(1);
    const abort = new AbortController();
    const first = held(semaphore);
    const second = held(semaphore, abort.signal);
    const third = held(semaphore);
    abort.abort(new Error("claim lost"));
    await expect(second.done).rejects.toThrow("claim lost");
    first.end();
    third.end();
    await Promise.all([first.done, third.done]);
    expect([second.facts.begun, third.facts.begun]).toEqual([false, true]);
    const fourth = held(semaphore);
    expect(fourth.facts.begun).toBe(true);
    fourth.end();
    await fourth.done;
  });
});
