import { execFileSync } from "node:child_process";
import { accessSync, chownSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";

/** The user that runs Postgres: Postgres refuses to be root. Null: this process's own. */
export interface PostgresUser {
  readonly uid: number;
  readonly gid: number;
}

/** As root, the machine's user `postgres`, made when there is none; as anybody else, null. */
export function postgresUser(): PostgresUser | null {
  if (process.getuid?.() !== 0) return null;
  if (lookUp("-u") === null) makeUser();
  const [uid, gid] = [lookUp("-u"), lookUp("-g")];
  if (uid === null || gid === null) throw new Error("The user postgres was made and cannot be found.");
  return { uid, gid };
}

function lookUp(what: "-u" | "-g"): number | null {
  try {
    return Number(execFileSync("id", [what, "postgres"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    return null;
  }
}

function makeUser(): void {
  try {
    execFileSync("useradd", [
      "--system",
      "--user-group",
      "--no-create-home",
      "--shell",
      "/usr/sbin/nologin",
      "postgres",
    ]);
  } catch (error) {
    throw new Error(
      "Postgres refuses to run as root, and the user postgres could not be made. Make it, or run as another user, or set DATABASE_URL.",
      { cause: error },
    );
  }
}

/** Gives a file or folder to the user. */
export function giveTo(user: PostgresUser | null, path: string): void {
  if (user !== null) chownSync(path, user.uid, user.gid);
}

/** The outermost folder on the way to `path` that `user` cannot pass through; null when the way is open. */
export function closedFolder(path: string, user: PostgresUser | null): string | null {
  const folders: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return folders.find((folder) => !mayPass(folder, user)) ?? null;
}

function mayPass(folder: string, user: PostgresUser | null): boolean {
  if (user === null) {
    try {
      accessSync(folder, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }
  const { mode, uid, gid } = statSync(folder);
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
