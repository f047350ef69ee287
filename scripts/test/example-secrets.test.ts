import { expect, test } from "vitest";
import { loadMigrateConfig } from "../system/migrate-config.ts";

const OWN = {
  DATABASE_URL: "postgresql://admin:s3cret-of-ours@db:5432/aura",
  MANAGER_API_KEY: "a-key-of-ours",
  AURA_MIGRATOR_PASSWORD: "migrator-own",
  AURA_MANAGER_PASSWORD: "manager-own",
  AURA_AGENT_PASSWORD: "agent-own",
  AURA_AUDITOR_PASSWORD: "auditor-own",
  AURA_OBSERVER_PASSWORD: "observer-own",
};

test("development takes the example secrets", () => {
  const { passwords, directorKey } = loadMigrateConfig({ POSTGRES_HOST: "db" });
  expect([passwords.aura_manager, directorKey]).toEqual(["change_me", "local-dev-only"]);
});

test("production takes secrets of its own", () => {
  expect(loadMigrateConfig({ ...OWN, ENV: "production" }).production).toBe(true);
});

test("production refuses every example secret by the variable's name, the one inside a URL too", () => {
  const { AURA_AGENT_PASSWORD: _, ...withoutOne } = OWN;
  const url = "postgresql://admin:change_me@db:5432/aura";
  expect(() => loadMigrateConfig({ ...withoutOne, DATABASE_URL: url, ENV: "production" })).toThrow(
    /DATABASE_URL, AURA_AGENT_PASSWORD\.$/,
  );
});
