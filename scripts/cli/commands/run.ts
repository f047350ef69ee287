import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { ApiClient } from "@aura/shared/api-client";
import { OVERSIGHTS } from "@aura/shared/enums/run";
import { TOOLCHAINS } from "@aura/shared/models/toolchains";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { RunRequestInput } from "@aura/shared/schemas/api/run";
import { type Command, Option } from "commander";
import { followRun, isOver, type Snapshot } from "../follow-run.ts";
import { isRedrawn, openLiveView } from "../live-view.ts";
import { resolveRun } from "../names.ts";
import { runText } from "../run-text.ts";
import { CliError, type Session } from "../session.ts";

interface RunOptions {
  project?: string;
  attach: string[];
  oversight?: NonNullable<RunRequestInput["oversight"]>;
  provider?: string;
  model?: string;
  budgetUsd?: string;
  budgetTokens?: number;
  baseRun?: string;
  toolchain?: string;
  yes?: boolean;
  wait?: boolean;
}

export function addRunCommand(program: Command, session: Session, fail: (why?: "failed" | "waiting") => void): void {
  program
    .command("run")
    .argument("<prd>", "the PRD: a Markdown file")
    .description("start a run from a PRD")
    .option("--project <name>", "project name or id (default: the file's name)")
    .option("--attach <path>", "a file that comes with the PRD, as path or path=name (repeatable)", collect, [])
    .addOption(new Option("--oversight <level>", "what waits for you").choices([...OVERSIGHTS]))
    .option("--provider <name>", "model provider")
    .option("--model <name>", "model")
    .option("--budget-usd <amount>", "spend at most this many US dollars; 0: nothing")
    .option("--budget-tokens <n>", "use at most this many tokens", wholeNumber)
    .option("--base-run <run>", "go on from a delivered run")
    .option("--toolchain <name>", `what the product is built with: ${TOOLCHAINS.map(({ name }) => name).join(", ")}`)
    .option("--yes", "approve plan and delivery as the Director, recorded as such; waits for the end")
    .option("--wait", "wait until the run is over or needs you")
    .action(async (prd: string, options: RunOptions) => {
      const client = session.client();
      const body = await requestOf(client, prd, options);
      const run = await client.call(OPERATIONS.startRun, { body });
      if (options.yes !== true && options.wait !== true) return session.show(run, runText(run, []));
      session.tell(`run ${run.id}`);
      const end = await waitFor(client, session, run.id, options.yes === true);
      if (!isRedrawn(session)) session.show(end.run, runText(end.run, end.tasks));
      if (end.run.status !== "completed") fail(isOver(end) ? "failed" : "waiting");
    });
}

async function requestOf(client: ApiClient, prd: string, options: RunOptions): Promise<RunRequestInput> {
  const { oversight, provider, model, toolchain, budgetUsd, budgetTokens } = options;
  return {
    project: options.project ?? basename(prd, extname(prd)),
    prd: { body: await readText(prd), attachments: await Promise.all(options.attach.map(attachment)) },
    ...(options.baseRun === undefined ? {} : { base_run_id: await resolveRun(client, options.baseRun) }),
    ...(oversight === undefined ? {} : { oversight }),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(toolchain === undefined ? {} : { toolchain }),
    budget: {
      ...(budgetUsd === undefined ? {} : { usd: budgetUsd }),
      ...(budgetTokens === undefined ? {} : { tokens: budgetTokens }),
    },
  };
}

/** Until it is over, or needs the Director. With `yes` plan and delivery are approved on the way; questions are not. */
async function waitFor(client: ApiClient, session: Session, run_id: string, yes: boolean): Promise<Snapshot> {
  const show = openLiveView(session);
  const approved = new Set<string>();
  const onChange = async (snapshot: Snapshot) => {
    show(snapshot);
    if (yes) await approveGates(client, session, snapshot, approved);
  };
  return followRun(client, run_id, onChange, (snapshot) => isOver(snapshot) || needsDirector(snapshot, approved));
}

/** Between a decision and the Manager's next step the run still names the gate that was just passed. */
function needsDirector({ run }: Snapshot, approved: ReadonlySet<string>): boolean {
  if (run.status !== "awaiting_director" || run.waiting_for?.owner !== "director") return false;
  const { reason, approval_ids } = run.waiting_for;
  return !approved.has(reason) && !approval_ids.some((id) => approved.has(id));
}

async function approveGates(client: ApiClient, session: Session, { run }: Snapshot, approved: Set<string>) {
  for (const approval_id of run.waiting_for?.approval_ids ?? []) {
    if (approved.has(approval_id)) continue;
    const { kind, digest, status } = await client.call(OPERATIONS.getApproval, { params: { approval_id } });
    if (status !== "pending" || kind === "question") continue;
    const reason = "aura run --yes: approved without a look";
    await client.call(OPERATIONS.act, { body: { action: "approve", target_id: approval_id, digest, reason } });
    approved.add(approval_id).add(`${kind}_approval`);
    session.tell(`approved: ${kind} (${digest.slice(0, 12)})`);
  }
}

async function readText(path: string): Promise<string> {
  return decode(await readBytes(path), path);
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CliError("not_text", `${path} is not UTF-8`, "Save it as UTF-8.", 2);
  }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch {
    throw new CliError("no_file", `${path} cannot be read`, "Check the path.", 2);
  }
}

async function attachment(argument: string) {
  const [path = "", name = basename(path)] = argument.split("=", 2);
  return { path: name, content_base64: (await readBytes(path)).toString("base64") };
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new CliError("bad_number", `${text} is not a whole number`, "Use digits.", 2);
  return Number(text);
}
