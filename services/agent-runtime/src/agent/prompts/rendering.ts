import type { PlannedDependency } from "@aura/shared/schemas/dependencies";
import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { PrdBlock } from "@aura/shared/schemas/prd";
import type { Question, Requirement } from "@aura/shared/schemas/requirements-product";
import type { ContextFile, LastFailure } from "@aura/shared/schemas/task-context";
import type { z } from "zod";
import { schemaForPrompt } from "../json-schema.ts";

/**
 * Text of prompts from typed data. Pure and stable: the same context gives the same bytes, and nothing but short ids
 * (R1, B3, T2) names anything, so that a recorded reply is found again.
 */

const FILE_CHARS_MAX = 30_000;
const FILES_CHARS_MAX = 150_000;
const EVIDENCE_CHARS_MAX = 2_500;
const FAILED_TESTS_MAX = 12;

export function section(title: string, body: string): string {
  return `# ${title}\n\n${body.trim()}\n`;
}

/** Blocks in document order, each with its id, kind and the headings above it. */
export function blocksText(blocks: readonly PrdBlock[]): string {
  const inOrder = [...blocks].sort((a, b) => a.position - b.position);
  return inOrder.map((block) => `[${block.block_id} ${block.kind}${under(block)}]\n${block.body}`).join("\n\n");
}

function under(block: PrdBlock): string {
  return block.headings.length === 0 ? "" : `, under: ${block.headings.join(" > ")}`;
}

function keyNumber(key: string): number {
  return Number(key.slice(1));
}

export function byKey<T extends { id: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => keyNumber(a.id) - keyNumber(b.id));
}

export function requirementsText(requirements: readonly Requirement[]): string {
  return byKey(requirements)
    .map((requirement) =>
      [
        `## ${requirement.id}: ${requirement.title}`,
        `kind ${requirement.kind}, priority ${requirement.priority}, verified by ${requirement.verification_method}, from ${requirement.block_ids.join(", ")}`,
        requirement.text,
        "Acceptance criteria:",
        ...requirement.acceptance_criteria.map((criterion) => `- ${criterion}`),
      ].join("\n"),
    )
    .join("\n\n");
}

/** A section for what the PRD leaves open; nothing when it leaves nothing open. */
export function assumptionsSection(assumptions: readonly Question[]): string[] {
  if (assumptions.length === 0) return [];
  const lines = assumptions.map(
    ({ id, block_ids, question, assumption }) =>
      `- ${id}: ${question} (${block_ids.join(", ")})\n  Assumed: ${assumption}`,
  );
  return [section("Assumptions that hold where the PRD leaves a question open", lines.join("\n"))];
}

export function dependenciesSection(dependencies: readonly PlannedDependency[] = []): string[] {
  if (dependencies.length === 0) return [];
  const lines = dependencies.map(({ name, version, reason }) => `- ${name} ${version}: ${reason}`);
  return [section("Dependencies that are installed beside the standard library", lines.join("\n"))];
}

export function interfacesText(interfaces: PlanProduct["interfaces"]): string {
  const parts: string[] = [];
  for (const line of interfaces.cli)
    parts.push(`Command line "${line.name}", started as ${JSON.stringify(line.command)}:\n${line.usage}`);
  for (const http of interfaces.http)
    parts.push(
      [
        `HTTP service "${http.name}", started as ${JSON.stringify(http.command)}; listens on 127.0.0.1 on the port given in the variable ${http.port_variable}; it is ready when GET ${http.ready_path} answers. Routes:`,
        ...http.routes.map((route) => `- ${route}`),
      ].join("\n"),
    );
  for (const module of interfaces.modules) parts.push(moduleText(module));
  return parts.length === 0 ? "none" : parts.join("\n\n");
}

function moduleText(module: PlanProduct["interfaces"]["modules"][number]): string {
  const symbols = module.symbols.flatMap((symbol) => [
    `- ${symbol.kind} ${symbol.signature}${symbol.doc === "" ? "" : `  (${symbol.doc})`}`,
    ...symbol.methods.map((method) => `    - ${method}`),
  ]);
  return [`Module ${module.path}: ${module.purpose}`, ...symbols].join("\n");
}

/** Files in full as far as the bounds allow; the rest by name, to be read with read_file. */
export function filesText(files: readonly ContextFile[], prefix = ""): string {
  let left = FILES_CHARS_MAX;
  const parts = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => {
      const name = `${prefix}${file.path}`;
      if (file.encoding === "base64") return `## ${name}\n(binary, not shown)`;
      const bound = Math.min(FILE_CHARS_MAX, left);
      const shown = file.content.slice(0, bound);
      left -= shown.length;
      const cut = shown.length < file.content.length ? "\n(cut here; read_file gives the rest)" : "";
      return `## ${name}\n${fenced(shown)}${cut}`;
    });
  return parts.length === 0 ? "none" : parts.join("\n\n");
}

/** Fences a text with more backticks than it holds. */
export function fenced(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** What went wrong last time: findings of checks, then the failed tests with their evidence. */
export function failureText(failure: LastFailure): string {
  const parts: string[] = [];
  if (failure.note !== null) parts.push(`Note: ${failure.note}`);
  if (failure.findings.length > 0)
    parts.push(
      ["Findings of the mechanical checks:", ...failure.findings.map((each) => `- ${findingText(each)}`)].join("\n"),
    );
  const failed = failure.tests.filter((test) => test.outcome !== "pass");
  parts.push(...failed.slice(0, FAILED_TESTS_MAX).map(failedTestText));
  const more = failed.slice(FAILED_TESTS_MAX);
  if (more.length > 0) parts.push(`Failed as well: ${more.map((test) => test.test_id).join(", ")}`);
  if (failure.passed_test_ids.length > 0)
    parts.push(`Passed, and must go on passing: ${[...failure.passed_test_ids].sort().join(", ")}`);
  return parts.join("\n\n");
}

/** Stays one item of its list, whatever output of a product it quotes. */
function findingText(finding: LastFailure["findings"][number]): string {
  const text = `${finding.subject === null ? "" : `${finding.subject}: `}${finding.message} (${finding.code})`;
  return text.replaceAll("\n", "\n  ");
}

function failedTestText(test: LastFailure["tests"][number]): string {
  const lines = [`Test ${test.test_id} (${test.requirement_ids.join(", ")}): ${test.outcome}`];
  for (const [name, text] of [
    ["message", test.message],
    ["input", test.input],
    ["expected", test.expected],
    ["observed", test.observed],
  ] as const) {
    if (text !== null && text !== "") lines.push(`${name}:\n${fenced(text.slice(0, EVIDENCE_CHARS_MAX))}`);
  }
  return lines.join("\n");
}

/** JSON schema of a product, as prompts show it. */
export function schemaText(schema: z.ZodType): string {
  return fenced(JSON.stringify(schemaForPrompt(schema)), "json");
}
