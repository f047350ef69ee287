import { findToolchain } from "@aura/shared/models/toolchains";
import { type Tree, treeSha256 } from "@aura/shared/models/tree";
import { invariant } from "@aura/shared/problems";
import type { DependencyResolution, PlannedDependency } from "@aura/shared/schemas/dependencies";
import type { EvidenceItem } from "@aura/shared/schemas/verification-report";
import type { InstallResult, Sandbox } from "../sandbox/port.ts";
import { fetchedPackages, packageRefusals } from "./fetched-packages.ts";
import type { GateClient } from "./gate-client.ts";
import type { Refusal, SessionOpened } from "./gate-protocol.ts";
import { specifier } from "./package-names.ts";
import { type DependencyRules, rulesText } from "./rules.ts";
import { RegistryUnavailable } from "./upstream.ts";

export interface ResolveRequest {
  readonly toolchain: string;
  readonly dependencies: readonly PlannedDependency[];
  readonly rules: DependencyRules;
}

export interface Resolved {
  readonly refusals: readonly Refusal[];
  /** Null when nothing was installed. */
  readonly evidence: EvidenceItem | null;
  /** Null when anything was refused. */
  readonly resolution: DependencyResolution | null;
  readonly layer: Tree;
}

const REASON_MAX = 600;
const NOTHING: Tree = new Map();

/**
 * Checks and fetches the packages of a plan, once. What comes back is a tree whose hash names exactly the bytes that
 * every later verification mounts.
 *
 * @throws {RegistryUnavailable} when the registry could not be asked: then nothing is said about any package
 */
export async function resolveDependencies(
  gate: GateClient,
  sandbox: Sandbox,
  request: ResolveRequest,
): Promise<Resolved> {
  const facts = findToolchain(request.toolchain);
  invariant(facts !== undefined, "a judged plan has a known toolchain");
  const dependencies = request.dependencies.map(({ name, version }) => ({ name, version }));
  const session = await gate.open({ ecosystem: facts.ecosystem, rules: request.rules, dependencies });
  try {
    if (session.unavailable !== null) throw new RegistryUnavailable(session.unavailable);
    if (session.refusals.length > 0) return refused(session.refusals, null);
    const { toolchain } = request;
    const installed = await sandbox.installDependencies({ toolchain, dependencies, session: session.id });
    return await judgeInstalled(gate, request, facts.ecosystem, session, installed);
  } finally {
    if (session.id !== "none") await gate.close(session.id).catch(() => undefined); // it ends by itself later
  }
}

async function judgeInstalled(
  gate: GateClient,
  { dependencies, rules }: ResolveRequest,
  ecosystem: DependencyResolution["ecosystem"],
  { id, registry }: SessionOpened,
  installed: InstallResult,
): Promise<Resolved> {
  const record = await gate.record(id);
  if (record.unavailable !== null) throw new RegistryUnavailable(record.unavailable);
  if (installed.reason === "unavailable") throw new RegistryUnavailable(installed.output);
  const names = dependencies.map(({ name, version }) => specifier(ecosystem, name, version));
  const command = [ecosystem === "npm" ? "npm" : "pip", "install", ...names];
  if (installed.layer === null) {
    const kept = record.refusals.map(({ name, reason }) => `${name} was kept back: ${reason}`).join("; ");
    const reason = `cannot be installed: ${[lastLines(installed), kept].filter(Boolean).join(" ")}`;
    return refused([{ name: names.join(" "), reason }], evidenceOf(command, installed, null, installed.output));
  }
  const packages = fetchedPackages(ecosystem, dependencies, record.served, installed.layer);
  const refusals = packageRefusals(ecosystem, packages, record.served, rules);
  const found = packages.map(({ name, version, licence }) => `${name}@${version} ${licence ?? "no licence stated"}`);
  const lines = [`rules: ${rulesText(rules)}`, ...found];
  const evidence = evidenceOf(command, installed, installed.layer, [...lines, installed.output].join("\n").trim());
  if (refusals.length > 0) return refused(refusals, { ...evidence, tree_sha256: null });
  const bytes = [...installed.layer.values()].reduce((sum, body) => sum + body.byteLength, 0);
  const size = { files: installed.layer.size, bytes };
  const resolution = { ecosystem, registry, layer_sha256: treeSha256(installed.layer), ...size, packages };
  return { refusals: [], evidence, resolution, layer: installed.layer };
}

function refused(refusals: readonly Refusal[], evidence: EvidenceItem | null): Resolved {
  return { refusals, evidence, resolution: null, layer: NOTHING };
}

function evidenceOf(command: string[], installed: InstallResult, layer: Tree | null, output: string): EvidenceItem {
  return {
    kind: "dependency_resolution",
    command,
    exit_code: installed.exit_code,
    reason: installed.reason,
    output,
    tree_sha256: layer === null ? null : treeSha256(layer),
    duration_ms: installed.duration_ms,
  };
}

/** What the package manager says at its end, in one line. */
function lastLines({ reason, output }: InstallResult): string {
  const said = output.trim().split("\n").slice(-6).join(" ").replace(/\s+/g, " ").slice(-REASON_MAX);
  return reason === "exit" ? said : `${said} (ended by ${reason})`.trim();
}
