import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { readTree } from "@aura/shared/postgres/blobs";
import type { Pool } from "@aura/shared/postgres/client";
import { type LandedRow, readLandedHistory } from "../db/read-history-statements.ts";
import { BRANCH, type Commit, fastImportStream } from "./fast-import.ts";
import { gitEnvironment } from "./git-environment.ts";

const REPOSITORIES_MAX = 50;

/** A bare repository on disk, for as long as somebody uses it or the cache holds it. */
interface Made {
  readonly state: string;
  readonly folder: Promise<string>;
  users: number;
  held: boolean;
}

/** What a caller works in until it calls `release`. */
export interface OpenRepository {
  /** Holds `<run_id>.git` with everything that had landed. */
  readonly folder: string;
  readonly release: () => void;
}

/**
 * Bare repositories of runs, made from the database when they are asked for and thrown away with the process: the
 * database is what counts. One is made anew when its run has landed or delivered something since; the one before stays
 * until the last clone of it has ended.
 */
export class RepositoryCache {
  private readonly pool: Pool;
  private readonly made = new Map<string, Made>();
  private root: Promise<string> | null = null;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  /** @returns null when nothing has landed */
  async open(run_id: string): Promise<OpenRepository | null> {
    const history = await readLandedHistory(this.pool, run_id);
    if (history.length === 0) return null;
    const made = this.use(run_id, history);
    made.users += 1;
    const release = () => {
      made.users -= 1;
      sweep(made);
    };
    try {
      return { folder: await made.folder, release };
    } catch (error) {
      if (this.made.get(run_id) === made) this.made.delete(run_id);
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.root !== null) await rm(await this.root, { recursive: true, force: true });
  }

  /** The last one used is the last to be dropped. */
  private use(run_id: string, history: readonly LandedRow[]): Made {
    const state = history.map(({ number, delivered }) => `${number}${delivered ? "d" : ""}`).join();
    const known = this.made.get(run_id);
    const made = known?.state === state ? known : { state, folder: this.make(run_id, history), users: 0, held: true };
    if (known !== undefined && known !== made) letGo(known);
    this.made.delete(run_id);
    this.made.set(run_id, made);
    const [oldest] = this.made;
    if (this.made.size > REPOSITORIES_MAX && oldest !== undefined) {
      this.made.delete(oldest[0]);
      letGo(oldest[1]);
    }
    return made;
  }

  private async make(run_id: string, history: readonly LandedRow[]): Promise<string> {
    this.root ??= mkdtemp(join(tmpdir(), "aura-git-"));
    const folder = await mkdtemp(join(await this.root, "state-"));
    try {
      const bare = join(folder, `${run_id}.git`);
      await mkdir(bare);
      await git(folder, ["init", "--quiet", "--bare", "--template=", `--initial-branch=${BRANCH.slice(11)}`, bare]);
      await git(
        bare,
        ["fast-import", "--quiet", "--done"],
        fastImportStream(this.commits(run_id, history), tagOf(history)),
      );
      return folder;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** One tree in memory at a time, read over one connection: others need the pool, too. */
  private async *commits(run_id: string, history: readonly LandedRow[]): AsyncGenerator<Commit> {
    for (const row of history) {
      const tree = await readTree(this.pool, row.tree_sha256);
      yield { tree, author: row.agent ?? "base", message: messageOf(run_id, row), at: new Date(row.created_at) };
    }
  }
}

function tagOf(history: readonly LandedRow[]): string | null {
  return history.at(-1)?.delivered === true ? "delivered" : null;
}

function letGo(made: Made): void {
  made.held = false;
  sweep(made);
}

function sweep({ held, users, folder }: Made): void {
  if (held || users > 0) return;
  folder.then((path) => rm(path, { recursive: true, force: true })).catch(() => undefined); // one that was not made is gone
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

function git(cwd: string, args: readonly string[], input: AsyncIterable<Buffer> | null = null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stdin = input === null ? "ignore" : "pipe";
    const child = spawn("git", args, { cwd, env: gitEnvironment(), stdio: [stdin, "ignore", "pipe"] });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-2_000);
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`git ${args[0]} ended with ${code}: ${said}`)),
    );
    if (input === null || child.stdin === null) return;
    pipeline(Readable.from(input), child.stdin).catch((error: unknown) => {
      child.kill();
      reject(error);
    });
  });
}
