import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../system/aura-home.ts";
import { SETTINGS } from "../system/settings-catalog.ts";

const text = readFileSync(join(ROOT, ".env.example"), "utf8");
const compose = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");
const examples = new Map(
  [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
);
const variables = new Set(SETTINGS.flatMap(({ schema }) => Object.keys(schema.shape)));

test("every variable that anything reads stands in .env.example", () => {
  expect([...variables].filter((name) => !examples.has(name))).toEqual([]);
});

test("every variable in .env.example is read", () => {
  expect([...examples.keys()].filter((name) => !variables.has(name))).toEqual([]);
});

test("every value in .env.example is one that its reader accepts", () => {
  const refused = SETTINGS.flatMap(({ schema }) =>
    Object.entries(schema.shape).flatMap(([name, field]) => {
      const value = examples.get(name) ?? "";
      return value === "" || field.safeParse(value).success ? [] : [name];
    }),
  );
  expect(refused).toEqual([]);
});

test("compose passes on only what .env.example names", () => {
  const passed = new Set([...compose.matchAll(/\$\{([A-Z][A-Z0-9_]*)/g)].map(([, name = ""]) => name));
  expect([...passed].filter((name) => !examples.has(name))).toEqual([]);
});
