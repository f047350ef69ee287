import { readdirSync, readFileSync } from "node:fs";

/** What all descendants of one process use together, the process itself left out. */
export interface TreeUse {
  readonly tasks: number;
  /** Anonymous resident memory; pages shared through a file are not counted. */
  readonly memory_bytes: number;
}

/**
 * Adds up the use of everything below `root`. Children of a dead process count with whoever inherited them, which is
 * the sandbox's own init or subreaper, so a daemon does not leave the sum.
 */
export function measureTree(root: number): TreeUse {
  return addUp(descendants(root, childrenByParent()));
}

/** False when `pid` has ended, and its number perhaps gone to another process. */
export function isChildOf(pid: number, parent: number): boolean {
  return parentOf(readProc(`/proc/${pid}/stat`)) === parent;
}

function descendants(root: number, children: ReadonlyMap<number, readonly number[]>): number[] {
  const found: number[] = [];
  const open = [...(children.get(root) ?? [])];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    found.push(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return found;
}

function addUp(pids: readonly number[]): TreeUse {
  let [tasks, kilobytes] = [0, 0];
  for (const pid of pids) {
    const status = readProc(`/proc/${pid}/status`);
    tasks += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    kilobytes += Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return { tasks, memory_bytes: kilobytes * 1024 };
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(readProc(`/proc/${name}/stat`));
    if (parent === null) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  return children;
}

/** The second field is the command in parentheses and may hold anything, so fields are counted after the last one. */
function parentOf(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[1] === undefined ? null : Number(fields[1]);
}

/** Empty when the process has ended meanwhile. */
function readProc(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
