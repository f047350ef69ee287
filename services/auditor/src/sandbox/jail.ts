import type { Duplex } from "node:stream";
import type { SandboxLevel } from "@aura/shared/enums/verification";
import type { EndReason, Limits } from "./limits.ts";

/** One process to run isolated. Folders are paths outside; inside they are /product, /work and /relay. */
export interface JailSpec {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Null: nothing to read. */
  readonly stdin: string | Buffer | null;
  /** Read-only inside; null for processes that must not see the product. */
  readonly product: string | null;
  /** Packages that the product may import, read-only at /dependencies; null where there are none. */
  readonly dependencies: string | null;
  /** Read-write inside, and the process starts in it. */
  readonly work: string;
  /** Read-only at /work/attachments, where the level can mount; elsewhere they were copied into `work`. */
  readonly attachments: string | null;
  /** A folder for the socket that leads to a served product; only with `namespaces`. */
  readonly relay: string | null;
  /** Gives the process Node, as `node` on its PATH. */
  readonly node: boolean;
  /** Opens descriptor 3 as a stream to the parent. */
  readonly channel: boolean;
  /** False forbids TCP even on 127.0.0.1, where the level can. */
  readonly loopback: boolean;
  readonly limits: Limits;
}

export interface JailEnd {
  /** As a shell gives it; null when the process was killed from here or never started. */
  readonly exit_code: number | null;
  readonly reason: EndReason;
  /** Decoded as UTF-8, invalid bytes replaced. */
  readonly stdout: string;
  readonly stderr: string;
  readonly duration_ms: number;
}

export interface JailProcess {
  readonly channel: Duplex | null;
  /** Never rejects; settles when the process and everything it started is gone. */
  readonly ended: Promise<JailEnd>;
  /** What stderr holds so far, for a process that is still running. */
  stderr(): string;
  kill(reason: EndReason): void;
}

/** One way to isolate a process. It decides nothing else: what runs, and what its output means, is not its business. */
export interface Jail {
  readonly level: SandboxLevel;
  /** Jobs that may run side by side: 1 where all share one loopback and one set of folders. */
  readonly parallel: number;
  readonly launcherSha256: string | null;
  /** The program that isolates, with its version where it has one. */
  readonly isolator: string;
  /** Of the seccomp filter that every process gets. */
  readonly seccompSha256: string;
  /** What to do when no process starts in it. */
  readonly fix: string;
  /**
   * True when each process has a file system and a network of its own: attachments are mounted and a served product is
   * reached through a relay. False when folders are shared by path and the parent sits on the same loopback.
   */
  readonly namespaces: boolean;
  /** A fresh folder outside that the sandboxed user can only read: becomes /product. */
  openProduct(): string;
  /** A fresh folder outside that the sandboxed user can only read: becomes /dependencies. */
  openDependencies(): string;
  /** A fresh folder outside that the sandboxed user may write to: becomes /work. */
  openWork(): string;
  /** A further folder that the sandboxed user may write to, for a relay or for the process that holds the tests. */
  openFolder(): string;
  /** Removes what the open functions gave, whatever a hostile process left in it. */
  discard(folder: string): void;
  /** A folder for the parent's own files, which the sandboxed user may pass through but not list. */
  readonly scratch: string;
  /** Hands a file or folder that the parent made inside `work` to the sandboxed user. */
  hand(descriptor: number): void;
  start(spec: JailSpec): JailProcess;
  /** Ends all processes and removes the scratch folder. */
  close(): Promise<void>;
}

/** @param nodeFolder where the Node binary lies inside, as `node` */
export function environmentOf({ env, node }: JailSpec, nodeFolder: string): Readonly<Record<string, string>> {
  return node ? { ...env, PATH: `${nodeFolder}:${env.PATH || "/usr/bin:/bin"}` } : env;
}
