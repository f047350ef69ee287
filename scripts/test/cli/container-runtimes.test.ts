import { expect, test } from "vitest";
import { readRuntimes } from "../../cli/container-runtimes.ts";

const info = (...runtimes: string[]) =>
  JSON.stringify({
    Runtimes: Object.fromEntries(runtimes.map((name) => [name, { path: name }])),
    DefaultRuntime: "runc",
  });

test("the engine's default runs the sandbox unless another one is named, which the engine must know", () => {
  expect(readRuntimes(info("runc"), "")).toEqual({ used: "runc", known: true, has_runsc: false });
  expect(readRuntimes(info("runc", "runsc"), "runsc")).toEqual({ used: "runsc", known: true, has_runsc: true });
  expect(readRuntimes(info("runc"), "runsc")).toEqual({ used: "runsc", known: false, has_runsc: false });
});

test("what no engine prints says nothing", () => {
  expect(readRuntimes("Cannot connect to the Docker daemon", "")).toBeNull();
});
