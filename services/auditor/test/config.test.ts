import { COSIGNATURE, signerOf } from "@aura/shared/ledger/notes";
import { expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";

const NEEDED = { AURA_AUDITOR_DATABASE_URL: "postgres://aura_auditor@localhost/aura", AURA_LEDGER_FOLDER: "/ledger" };

test("only the database and the folder of keys have to be named, an empty variable counts as absent", () => {
  expect(loadConfig({ ...NEEDED, LOG_LEVEL: "", AURA_WITNESSES: "" })).toEqual({
    databaseUrl: "postgres://aura_auditor@localhost/aura",
    host: "127.0.0.1",
    port: 8002,
    sandbox: "auto",
    registry: "own",
    registries: { npm: "https://registry.npmjs.org/", pypi: "https://pypi.org/simple/" },
    mutation: { count: 12, wall_ms: 60_000 },
    ledgerFolder: "/ledger",
    ledgerPublicFolder: null,
    retentionDays: null,
    archiveFolder: "/ledger/archive",
    ledgerCheckMs: 3_600_000,
    witnessUrl: null,
    witnesses: [],
    logLevel: "info",
  });
});

test("further witnesses are addresses and the keys of witnesses", () => {
  const [one, two] = [
    signerOf("w/1", Buffer.alloc(32, 1), COSIGNATURE),
    signerOf("w/2", Buffer.alloc(32, 2), COSIGNATURE),
  ];
  const of = (AURA_WITNESSES: string) => loadConfig({ ...NEEDED, AURA_WITNESSES }).witnesses;
  const text = `https://one.example/at ${one.verifier.text}; http://two.example:8003 ${two.verifier.text};`;
  expect(of(text).map(({ url, verifier }) => [url, verifier.text])).toEqual([
    ["https://one.example/at", one.verifier.text],
    ["http://two.example:8003", two.verifier.text],
  ]);
  const ofALog = signerOf("log", Buffer.alloc(32, 3)).verifier.text;
  for (const bad of [
    "https://x",
    `https://x ${ofALog}`,
    `ftp://x ${one.verifier.text}`,
    `x ${one.verifier.text}`,
    `https://x ${one.verifier.text}x`,
    `https://x ${signerOf("w".repeat(201), Buffer.alloc(32), COSIGNATURE).verifier.text}`,
  ])
    expect(() => of(bad)).toThrow(/AURA_WITNESSES/);
  for (const bad of ["w", "ftp://w", "unix:/w"])
    expect(() => loadConfig({ ...NEEDED, AURA_WITNESS_URL: bad })).toThrow(/AURA_WITNESS_URL/);
});

test("a registry is an address without user and query, or switched off", () => {
  const of = (AURA_NPM_REGISTRY: string) => loadConfig({ ...NEEDED, AURA_NPM_REGISTRY });
  expect(of("none").registries.npm).toBeNull();
  expect(of("http://mirror:4873").registries.npm).toBe("http://mirror:4873/");
  for (const bad of ["ftp://x/", "https://user:key@x/", "https://x/?y", "x"])
    expect(() => of(bad)).toThrow(/AURA_NPM_REGISTRY/);
});

test("all bad variables are named at once", () => {
  expect(() => loadConfig({ AUDITOR_PORT: "ninety", AURA_SANDBOX: "docker" })).toThrow(
    /AURA_AUDITOR_DATABASE_URL.*AUDITOR_PORT.*AURA_SANDBOX/,
  );
});
