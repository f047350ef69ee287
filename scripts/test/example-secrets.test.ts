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

test("no secret has a default, and every missing one is named at once", () => {
  expect(() => loadMigrateConfig({ POSTGRES_HOST: "db" })).toThrow(
    /^MANAGER_API_KEY is missing; AURA_MIGRATOR_PASSWORD is missing; .*AURA_OBSERVER_PASSWORD is missing$/,
  );
});

test("development takes the example secrets", () => {
  const { passwords } = loadMigrateConfig({ ...OWN, AURA_AGENT_PASSWORD: "change_me" });
  expect(passwords.aura_agent).toBe("change_me");
});

test("production takes secrets of its own", () => {
  expect(loadMigrateConfig({ ...OWN, ENV: "production" }).production).toBe(true);
});

test("production refuses every example secret by the variable's name, the one inside a URL too", () => {
  const example = {
    DATABASE_URL: "postgresql://admin:change_me@db:5432/aura",
    AURA_AGENT_PASSWORD: "change_me",
    MANAGER_API_KEY: "local-dev-only",
  };
  expect(() => loadMigrateConfig({ ...OWN, ...example, ENV: "production" })).toThrow(
    /DATABASE_URL, MANAGER_API_KEY, AURA_AGENT_PASSWORD\.$/,
  );
});
