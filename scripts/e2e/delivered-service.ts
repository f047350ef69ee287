import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient } from "@aura/shared/api-client";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { unpack } from "../cli/unpack.ts";
import { freePort } from "../system/ports.ts";

/** Unpacks what a run delivered into a new folder. */
export async function unpackDelivered(api: ApiClient, run_id: string, folder: string): Promise<void> {
  const archive = await api.fetch(OPERATIONS.downloadSoftware, { params: { run_id } });
  await unpack(await archive.bytes(), folder);
}

export interface DeliveredService {
  readonly url: string;
  /** Ends it by SIGTERM. @returns its exit code */
  readonly end: () => Promise<number | null>;
  readonly kill: () => void;
}

/** Starts a delivered service in TypeScript as a user would, without a sandbox, and waits until it answers. */
export async function startDelivered(
  program: string,
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<DeliveredService> {
  const port = await freePort();
  const env = { PATH: process.env.PATH ?? "", PORT: `${port}`, ...environment };
  const service = spawn(process.execPath, [program], { cwd, env, stdio: "ignore" });
  const exited = once(service, "exit");
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await answers(url)); tries += 1) {
    if (tries === 200 || service.exitCode !== null) throw new Error("the delivered service does not answer");
    await sleep(50);
  }
  const end = async () => {
    service.kill("SIGTERM");
    return (await exited)[0] as number | null;
  };
  return { url, end, kill: () => service.kill("SIGKILL") };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
