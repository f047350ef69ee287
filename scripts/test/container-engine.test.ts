import { afterEach, expect, test, vi } from "vitest";
import { containerEngineMissing } from "../system/container-engine.ts";

afterEach(() => vi.unstubAllEnvs());

test("where no engine answers, or there is not even a client, it is said", () => {
  vi.stubEnv("DOCKER_HOST", "unix:///nowhere/docker.sock");
  expect(containerEngineMissing()).toBe("no Docker engine answers");
  vi.stubEnv("PATH", "/nowhere");
  expect(containerEngineMissing()).toBe("no Docker engine answers");
});
