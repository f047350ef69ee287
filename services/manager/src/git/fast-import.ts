import type { Tree } from "@aura/shared/models/tree";

export interface Commit {
  readonly tree: Tree;
  readonly author: string;
  readonly message: string;
  readonly at: Date;
}

export const BRANCH = "refs/heads/main";

/**
 * The stream that `git fast-import` makes a linear history from: the same commits, byte for byte and so with the same ids,
 * for the same input.
 *
 * @param tag name of a tag on the last commit; null: none
 */
export async function* fastImportStream(commits: AsyncIterable<Commit>, tag: string | null): AsyncGenerator<Buffer> {
  let mark = 0;
  for await (const commit of commits) {
    mark += 1;
    yield* commitParts(commit, mark);
  }
  if (tag !== null) yield Buffer.concat([line(`reset refs/tags/${tag}`), line(`from :${mark}`), line("")]);
  yield line("done");
}

function commitParts({ tree, author, message, at }: Commit, mark: number): Buffer[] {
  const seconds = Math.floor(at.getTime() / 1000);
  const files = [...tree].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    line(`commit ${BRANCH}`),
    line(`mark :${mark}`),
    line(`author ${person(author)} ${seconds} +0000`),
    line(`committer ${person("manager")} ${seconds} +0000`),
    ...data(Buffer.from(message, "utf8")),
    ...(mark === 1 ? [] : [line(`from :${mark - 1}`)]),
    line("deleteall"),
    ...files.flatMap(([path, body]) => [line(`M 100644 inline ${quoted(path)}`), ...data(body)]),
    line(""),
  ];
}

/** An agent has no mailbox; `.invalid` never resolves (RFC 2606). */
function person(name: string): string {
  return `${name.replace(/[<>\n\r\0]/g, " ")} <${name.replace(/[^\w.-]/g, "-")}@aura.invalid>`;
}

/** A path in C quotes: only quote, backslash and line breaks mean anything else there. */
function quoted(path: string): string {
  const escaped = path.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `"${escaped}"`;
}

function data(bytes: Buffer): Buffer[] {
  return [line(`data ${bytes.byteLength}`), bytes, line("")];
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\n`, "utf8");
}
