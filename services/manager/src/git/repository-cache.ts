import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTree } from "@aura/shared/postgres/blobs";
import type { Pool } from "@aura/shared/postgres/client";
import { type LandedRow, readLandedHistory } from "../db/read-history-statements.ts";
import { BRANCH, type Commit, fastImportStream } from "./fast-import.ts";
import { gitEnvironment } from "./git-environment.ts";

const REPOSITORIES_MAX = 50;
/** A clone that is under way goes on in the repository that it began with. */
const GRACE_MS = 10 * 60_000;

/**
 * Bare repositories of runs, made from the database when they are asked for and thrown away with the process: the
 * database is what counts. One is made anew when its run has landed or delivered something since.
 */
export class RepositoryCache {
  private readonly pool: Pool;
  private readonly made = new Map<string, { readonly state: string; readonly ready: Promise<string> }>();
  private root: Promise<string> | null = null;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  /** Folder that holds `<run_id>.git` with everything landed so far; null when nothing has. */
  async open(run_id: string): Promise<string | null> {
    const history = await readLandedHistory(this.pool, run_id);
    if (history.length === 0) return null;
    const state = history.map(({ number, delivered }) => `${number}${delivered ? "d" : ""}`).join();
    const known = this.made.get(run_id);
    if (known?.state === state) return known.ready;
    if (known !== undefined) forget(known.ready);
    const ready = this.make(run_id, history);
    this.made.delete(run_id);
    this.made.set(run_id, { state, ready });
    ready.catch(() => this.made.delete(run_id));
    this.dropOldest();
    return ready;
  }

  async close(): Promise<void> {
    if (this.root !== null) await rm(await this.root, { recursive: true, force: true });
  }

  private async make(run_id: string, history: readonly LandedRow[]): Promise<string> {
    this.root ??= mkdtemp(join(tmpdir(), "aura-git-"));
    const folder = await mkdtemp(join(await this.root, "state-"));
    const bare = join(folder, "new.git");
    await mkdir(bare);
    const commits = await Promise.all(history.map((row) => this.commitOf(run_id, row)));
    const tag = history.at(-1)?.delivered === true ? "delivered" : null;
    await git(folder, ["init", "--quiet", "--bare", "--template=", `--initial-branch=${BRANCH.slice(11)}`, bare]);
    await git(bare, ["fast-import", "--quiet", "--done"], fastImportStream(commits, tag));
    await rename(bare, join(folder, `${run_id}.git`));
    return folder;
  }

  private async commitOf(run_id: string, row: LandedRow): Promise<Commit> {
    const tree = await readTree(this.pool, row.tree_sha256);
    return { tree, author: row.agent ?? "base", message: messageOf(run_id, row), at: new Date(row.created_at) };
  }

  private dropOldest(): void {
    for (const [run_id, { ready }] of this.made) {
      if (this.made.size <= REPOSITORIES_MAX) return;
      this.made.delete(run_id);
      forget(ready);
    }
  }
}

/** Removes a repository once nobody can be cloning it any more. */
function forget(ready: Promise<string>): void {
  const remove = () => ready.then((folder) => rm(folder, { recursive: true, force: true })).catch(() => undefined);
  setTimeout(remove, GRACE_MS).unref();
}

/** Trailers lead from the commit to what proves it. */
function messageOf(run_id: string, { number, message, task_key, verification_id, event_id }: LandedRow): string {
  const trailers = [
    ["Aura-Run", run_id],
    ["Aura-Revision", `${number}`],
    ["Aura-Task", task_key],
    ["Aura-Verification", verification_id],
    ["Aura-Event", event_id],
  ].flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${message.trim()}\n\n${trailers.join("\n")}\n`;
}

function git(cwd: string, args: readonly string[], input: Buffer | null = null): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, {
      cwd,
      env: gitEnvironment(),
      stdio: [input === null ? "ignore" : "pipe", "ignore", "pipe"],
    });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-2_000);
    });
    child.stdin?.on("error", () => undefined);
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`git ${args[0]} ended with ${code}: ${said}`)),
    );
    child.stdin?.end(input);
  });
}
