import { randomBytes } from "node:crypto";
import type { ApiClient } from "@aura/shared/api-client";
import { KEY_ROLES, type KeyRole } from "@aura/shared/enums/actor";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { ApiKey } from "@aura/shared/schemas/api/key";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { type Command, Option } from "commander";
import { CliError, type Session } from "../session.ts";
import { type Reasoned, withReason } from "./reasons.ts";

interface CreateOptions extends Reasoned {
  readonly role: KeyRole;
  readonly days?: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

export function addKeyCommands(program: Command, session: Session): void {
  const keys = program.command("keys").description("who may come in: list, create, revoke API keys");

  keys.command("list", { isDefault: true }).action(async () => {
    const page = await session.client().call(OPERATIONS.listKeys, { query: { limit: 1000 } });
    session.show(page, page.data.map(keyLine).join("\n") || "no keys");
  });

  withReason(
    keys
      .command("create")
      .argument("<name>", "who acts under it")
      .addOption(new Option("--role <role>", "what it may do").choices([...KEY_ROLES]).makeOptionMandatory())
      .option("--days <n>", "expires after so many days (default: never)"),
  ).action(async (name: string, { role, reason, days }: CreateOptions) => {
    const key = `aura_${randomBytes(32).toString("base64url")}`; // made here: it never travels before it is used
    const body = { name, role, reason, key_sha256: sha256Hex(key), expires_at: expiry(days) };
    const made = await session.client().call(OPERATIONS.createKey, { body });
    session.show({ ...made, key }, `${key}\n${keyLine(made)}\nThis is the only time that the key is shown.`);
  });

  withReason(keys.command("revoke").argument("<key>", "a key's name or id")).action(
    async (given: string, { reason }: Reasoned) => {
      const client = session.client();
      const params = { key_id: (await resolveKey(client, given)).id };
      const revoked = await client.call(OPERATIONS.revokeKey, { params, body: { reason } });
      session.show(revoked, keyLine(revoked));
    },
  );
}

function expiry(days: string | undefined): string | null {
  if (days === undefined) return null;
  if (!/^[1-9]\d{0,4}$/.test(days))
    throw new CliError("bad_number", `${days} is not a number of days`, "Use digits.", 2);
  return new Date(Date.now() + Number(days) * DAY_MS).toISOString().replace("Z", "000Z");
}

async function resolveKey(client: ApiClient, given: string): Promise<ApiKey> {
  const { data } = await client.call(OPERATIONS.listKeys, { query: { limit: 1000 } });
  const found = data.find((key) => key.id === given || (key.name === given && key.revoked_at === null));
  if (found !== undefined) return found;
  throw new CliError("not_found", `there is no key ${given}`, "`aura keys` lists them.");
}

function keyLine(key: ApiKey): string {
  const state = key.revoked_at !== null ? "revoked" : (key.expires_at ?? "");
  return `${key.id}  ${key.role.padEnd(9)} ${key.name.padEnd(24)} ${state && state !== "revoked" ? `expires ${state}` : state}`.trimEnd();
}
