import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { gitEnvironment } from "./git-environment.ts";

/** One request of git's smart HTTP protocol, read only. */
export interface GitRequest {
  readonly method: "GET" | "POST";
  /** Folder that holds the repository. */
  readonly root: string;
  /** Below the folder, as `/<run_id>.git/info/refs`. */
  readonly path: string;
  readonly query: string;
  readonly contentType: string | null;
  /** The `Git-Protocol` header. */
  readonly protocol: string | null;
  readonly body: Buffer | null;
}

export interface GitReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

const HEAD_BYTES_MAX = 16 * 1024;
const END_OF_HEAD = /\r?\n\r?\n/;

/**
 * Lets git's own CGI answer. It runs without REMOTE_USER, so that it never takes a push, and the body is a stream: a
 * repository need not fit into memory.
 *
 * @throws when git is missing or gives no CGI reply
 */
export function askHttpBackend(request: GitRequest): Promise<GitReply> {
  const child = spawn("git", ["-c", "http.receivepack=false", "http-backend"], {
    env: { ...gitEnvironment(), ...cgiVariables(request) },
    stdio: ["pipe", "pipe", "ignore"],
    detached: true, // a group of its own: git starts programs that start programs
  });
  child.stdout.once("close", () => endGroup(child));
  child.stdin.on("error", () => undefined); // it may answer without reading all of it
  child.stdin.end(request.body);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    readHead(child.stdout, resolve, reject);
  });
}

/** When nobody reads the answer any more, nothing of it need go on. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGTERM");
  } catch {
    // all of it has ended
  }
}

function cgiVariables(request: GitRequest): Record<string, string> {
  const optional = {
    CONTENT_TYPE: request.contentType,
    GIT_PROTOCOL: request.protocol,
  };
  return {
    GIT_PROJECT_ROOT: request.root,
    GIT_HTTP_EXPORT_ALL: "1",
    REQUEST_METHOD: request.method,
    PATH_INFO: request.path,
    QUERY_STRING: request.query,
    CONTENT_LENGTH: `${request.body?.byteLength ?? 0}`,
    ...Object.fromEntries(Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== null)),
  };
}

/** Reads up to the empty line that ends a CGI head; what was read beyond it goes back into the stream. */
function readHead(stdout: Readable, resolve: (reply: GitReply) => void, reject: (error: Error) => void): void {
  let head = Buffer.alloc(0);
  const take = () => {
    for (let chunk = stdout.read(); chunk !== null; chunk = stdout.read()) {
      head = Buffer.concat([head, chunk as Buffer]);
      const end = END_OF_HEAD.exec(head.toString("latin1"));
      if (end === null && head.byteLength <= HEAD_BYTES_MAX) continue;
      stdout.off("readable", take);
      stdout.off("end", ended);
      if (end === null) return reject(new Error("git http-backend gave no head"));
      stdout.unshift(head.subarray(end.index + end[0].length));
      return resolve({ ...parseHead(head.subarray(0, end.index).toString("latin1")), body: stdout });
    }
  };
  const ended = () => reject(new Error("git http-backend ended without a reply"));
  stdout.on("readable", take);
  stdout.once("end", ended);
}

function parseHead(text: string): Pick<GitReply, "status" | "headers"> {
  const pairs = text.split(/\r?\n/).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const { status = "200", ...headers } = Object.fromEntries(pairs) as Record<string, string>;
  return { status: Number.parseInt(status, 10), headers };
}
