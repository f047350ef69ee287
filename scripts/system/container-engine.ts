import { execFileSync } from "node:child_process";

const PATIENCE_MS = 15_000;

/** @returns why no container can be started here; null when an engine answers and Compose works */
export function containerEngineMissing(): string | null {
  if (!answers("info", "--format", "{{.ServerVersion}}")) return "no Docker engine answers";
  return answers("compose", "version") ? null : "docker compose does not work";
}

function answers(...args: readonly string[]): boolean {
  try {
    const reply = execFileSync("docker", args, { timeout: PATIENCE_MS, stdio: ["ignore", "pipe", "ignore"] });
    return reply.toString("utf8").trim() !== ""; // some versions succeed with nothing to say
  } catch {
    return false;
  }
}
