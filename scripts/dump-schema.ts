import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { LOGINS, type Login, migrate } from "./database/migrate.ts";
import { schemaText } from "./database/schema-text.ts";
import { openTestDatabase } from "./system/test-database.ts";

const TARGET = fileURLToPath(new URL("../database/schema.sql", import.meta.url));

/**
 * Writes database/schema.sql from a freshly migrated database; with --check it only compares, and ends with 1 where the
 * file is not what the migrations and functions give. Uses the server of AURA_TEST_ADMIN_URL, else starts one of its own.
 */
async function main(): Promise<void> {
  const text = await withServer(freshSchemaText);
  const current = existsSync(TARGET) ? readFileSync(TARGET, "utf8") : "";
  if (!process.argv.includes("--check")) {
    writeFileSync(TARGET, text);
    console.log("database/schema.sql is written");
  } else if (current !== text) {
    console.error(`database/schema.sql is not up to date (${firstDifference(current, text)}). Run: npm run schema`);
    process.exitCode = 1;
  }
}

async function withServer<T>(work: (serverUrl: string) => Promise<T>): Promise<T> {
  const given = process.env.AURA_TEST_ADMIN_URL;
  if (given !== undefined) return work(given);
  const server = await openTestDatabase();
  try {
    return await work(server.url);
  } finally {
    await server.close();
  }
}

async function freshSchemaText(serverUrl: string): Promise<string> {
  const name = `aura_schema_${process.pid}_${randomBytes(4).toString("hex")}`;
  const databaseUrl = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  await query(serverUrl, (client) => client.query(`create database ${name}`));
  try {
    await migrate({ databaseUrl, passwords: passwords(), directorKey: null, production: false, log: () => undefined });
    return await query(databaseUrl, schemaText);
  } finally {
    await query(serverUrl, (client) => client.query(`drop database ${name} with (force)`));
  }
}

/** Those of the tests, because roles belong to the whole server. */
function passwords(): Record<Login, string> {
  return Object.fromEntries(LOGINS.map((login) => [login, "aura-test-password"])) as Record<Login, string>;
}

async function query<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function firstDifference(a: string, b: string): string {
  const [left, right] = [a.split("\n"), b.split("\n")];
  const line = right.findIndex((text, index) => text !== left[index]);
  return line === -1 ? "the file is longer" : `line ${line + 1}: ${right[line]}`;
}

await main();
