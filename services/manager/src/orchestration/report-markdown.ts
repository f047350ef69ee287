import type { DeliveryReport } from "@aura/shared/schemas/api/report";

/** The report for people. It says the same as the JSON, the failures first. */
export function renderReportMarkdown(report: DeliveryReport): string {
  const parts = [
    `# Delivery report: ${line(report.title)}`,
    verdictLine(report),
    factsTable(report),
    requirementsTable(report),
    section("Failed and open", failures(report)),
    section("Decided by a person instead of evidence", personsWords(report)),
    section(
      "Assumptions that nobody confirmed",
      report.assumptions.map((a) => `${line(a.question)} Assumed: ${line(a.assumption)}`),
    ),
    section(
      "Answered by the Director",
      report.answers.map((a) => `${line(a.question)} Answer: ${line(a.answer)}`),
    ),
    section("Dependencies, fetched once and verified with", dependencyLines(report)),
    section("Disputed tests", report.disputes.map(disputeLine)),
    section("Doubts of the reviewer", report.doubts.map(doubtLine)),
    section(
      "Attempts",
      report.attempts.map(
        (a) => `${a.task_key} ${line(a.title)}: ${a.status}, ${a.attempts} attempts, ${a.failures} charged failures`,
      ),
    ),
    section("Changes that a test author was asked about, once", returnedLines(report)),
    section(
      "Changes of the product that no test noticed",
      (report.verification?.mutation?.survived ?? []).map(survivorLine),
    ),
    section("What was not checked", report.not_checked.map(line)),
    checkpointOf(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

type Survivor = NonNullable<NonNullable<DeliveryReport["verification"]>["mutation"]>["survived"][number];

function verdictLine({ status, stop_reason, counts, replay }: DeliveryReport): string {
  const marks = replay ? " **REPLAY**: recorded replies, no model was asked." : "";
  const ending = stop_reason === null ? status : `${status} (${stop_reason})`;
  return `**${ending}**: ${counts.pass} of ${counts.total} requirements pass, ${counts.fail} fail, ${counts.inconclusive} inconclusive, ${counts.not_run} not run, ${counts.inspection} by inspection, ${counts.overridden} overridden, ${counts.set_aside} set aside.${marks}`;
}

function factsTable(report: DeliveryReport): string {
  const { verification, revision, suite, plan, spend } = report;
  const rows: [string, string][] = [
    ["Run", report.run_id],
    ["Project", line(report.project ?? "none")],
    ["PRD", `${line(report.prd.title)}, sha256 ${report.prd.sha256}`],
    [
      "Revision",
      revision === null ? "none" : `${revision.number}, ${revision.files} files, tree ${revision.tree_sha256}`,
    ],
    ["Plan", plan === null ? "none" : `revision ${plan.revision}, digest ${plan.digest}`],
    [
      "Acceptance suite",
      suite === null ? "none" : `version ${suite.version}, ${suite.tests} tests, sha256 ${suite.sha256}`,
    ],
    [
      "Judged",
      verification === null
        ? "no"
        : `${verification.kind}: ${verification.outcome}, report ${verification.report_sha256}`,
    ],
    ["Isolation", isolation(verification)],
    ["Attestation", attestationLine(report)],
    ["Second run", secondRunLine(verification)],
    ["Reached by the tests", reachedLine(verification)],
    ["Changes that the tests noticed", mutationLine(verification)],
    ["Confidence", confidenceLine(report)],
    ["Oversight", `${report.oversight}, strict policy ${report.strict_policy ? "on" : "OFF"}`],
    [
      "Models",
      `${report.provider ?? "none"}${report.replay ? " (REPLAY)" : ""} ${report.model ?? ""}, ${report.model_calls} calls`,
    ],
    ["Spend", `USD ${spend.usd} of ${spend.usd_limit}, ${spend.tokens} of ${spend.tokens_limit} tokens`],
    ["Log", `${sealLine(report)}, schema guard ${report.ddl_guard}`],
    ["Made", report.generated_at],
  ];
  return ["| | |", "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${cell(value)} |`)].join("\n");
}

function sealLine({ checkpoint }: DeliveryReport): string {
  const [, size, root] = checkpoint?.split("\n") ?? [];
  return size === undefined ? "under no signed checkpoint" : `sealed with ${size} events, root ${root}`;
}

function attestationLine({ attestation }: DeliveryReport): string {
  if (attestation === null) return "none";
  const { links, key_id, sbom_sha256 } = attestation;
  return `${links.attestation}, signed by key ${key_id}; bill of materials ${links.sbom}, sha256 ${sbom_sha256}`;
}

/** As it was signed, to be compared with the one that a witness keeps. */
function checkpointOf({ checkpoint }: DeliveryReport): string {
  return checkpoint === null ? "" : `## Checkpoint of the log\n\n\`\`\`\n${checkpoint}\`\`\``;
}

/** The level, and the attempts to break out of it that were made before the product ran. */
function isolation(verification: DeliveryReport["verification"]): string {
  const environment = verification?.environment;
  const canaries = Object.entries(environment?.canaries ?? {});
  const tried = canaries.map(([name, result]) => `${name} ${result}`).join(", ");
  const by = environment?.isolator
    ? ` (${environment.isolator}, kernel ${environment.runtime} ${environment.kernel})`
    : "";
  return `${verification?.sandbox_level ?? "none"}${by}${tried === "" ? "" : `; canaries: ${tried}`}`;
}

/** Whether every pass happened again, under other circumstances. */
function secondRunLine(verification: DeliveryReport["verification"]): string {
  const run = verification?.second_run ?? null;
  if (run === null) return "not recorded";
  const days = Math.floor(run.clock_offset_s / 86_400);
  const circumstances = `other seed, order and surroundings, clock ${days === 0 ? "not moved" : `${days} days ahead`}`;
  const disagreed = run.disagreed.map(({ test_id, because }) => `${line(test_id)}: ${line(because)}`).join(" ");
  const ending = disagreed === "" ? "" : `; disagreed: ${disagreed}`;
  return `${run.agreed} of ${run.tests} tests that passed did so again (${circumstances})${ending}`;
}

function reachedLine(verification: DeliveryReport["verification"]): string {
  const coverage = verification?.coverage ?? null;
  if (coverage === null) return "not measured";
  return `${coverage.functions_reached} of ${coverage.functions} functions, as the product's processes say`;
}

function mutationLine(verification: DeliveryReport["verification"]): string {
  const mutation = verification?.mutation ?? null;
  if (mutation === null) return "not measured";
  const late = mutation.not_run === 0 ? "" : `, ${mutation.not_run} not tried for lack of time`;
  return `${mutation.killed} of ${mutation.killed + mutation.survived.length}${late}`;
}

/** The number, and all that it follows from. */
function confidenceLine({ confidence }: DeliveryReport): string {
  if (confidence === null) return "none";
  const { requirements, requirements_passed, tested, tested_twice, reviews, worst_doubt } = confidence;
  const parts = [
    `${requirements_passed} of ${requirements} requirements hold`,
    confidence.assembled ? "judged as a whole" : "not judged as a whole",
    `such tests notice about ${Math.round(confidence.mistakes_noticed * 100)} % of honest mistakes in what they reach`,
    `${tested_twice} of ${tested} by more than one test`,
    `${reviews} reviews, worst doubt ${worst_doubt ?? "none"}`,
  ];
  return `${confidence.score} (${parts.join("; ")}; the two lines above)`;
}

function returnedLines({ survivors_returned: returned }: DeliveryReport): string[] {
  if (returned === null) return [];
  const { task_status, tests_added, survivors } = returned;
  const added = tests_added.length === 0 ? "no test was added" : `added: ${tests_added.join(", ")}`;
  const told = survivors.map(({ function: name, behaviour, requirement_ids, answer, basis }) => {
    const said = answer === null ? "no answer" : `${answer}: ${line(basis ?? "")}`;
    return `${line(name)} (${requirement_ids.join(", ")}): ${line(behaviour)}. ${said}`;
  });
  return [`The task is ${task_status}; ${added}`, ...told];
}

function survivorLine({ path, function: name, line: at, behaviour, requirement_ids }: Survivor): string {
  return `survivor_accepted: ${line(name)} (${line(path)}:${at}; ${requirement_ids.join(", ")}): ${line(behaviour)}`;
}

function requirementsTable({ requirements }: DeliveryReport): string {
  if (requirements.length === 0) return "";
  const rows = requirements.map((r) => {
    const tests = r.tests_total === 0 ? "" : `${r.tests_passed}/${r.tests_total}`;
    return `| ${r.key} | ${cell(r.title)} | ${r.priority} | ${r.state} | ${tests} | ${r.tasks.join(", ")} | ${r.evidence?.sandbox_level ?? ""} |`;
  });
  const head = ["| | requirement | priority | state | tests | tasks | isolation |", "|---|---|---|---|---|---|---|"];
  return ["## Requirements", "", ...head, ...rows].join("\n");
}

function dependencyLines({ dependencies }: DeliveryReport): string[] {
  if (dependencies === null) return [];
  const { registry, layer_sha256, packages } = dependencies;
  const lines = packages.map(
    ({ name, version, licence, integrity, direct }) =>
      `${line(name)} ${line(version)}, ${line(licence ?? "no licence stated")}, ${line(integrity)}${direct ? "" : " (needed by another)"}`,
  );
  return [`From ${line(registry)}, layer ${layer_sha256}`, ...lines];
}

function failures({ requirements }: DeliveryReport): string[] {
  return requirements
    .filter(({ state }) => state === "fail" || state === "inconclusive" || state === "not_run")
    .map(({ key, title, state, detail }) => `${key} ${line(title)}: ${state}. ${line(detail)}`.trim());
}

function personsWords({ overrides, inspections, set_aside }: DeliveryReport): string[] {
  const told = (what: string, items: DeliveryReport["overrides"]) =>
    items.map(
      (d) =>
        `${what} ${d.subject}${d.verdict === null ? "" : ` as ${d.verdict}`} by ${line(d.director_id)}: ${line(d.reason)}`,
    );
  return [...told("overridden", overrides), ...told("inspected", inspections), ...told("set aside", set_aside)];
}

function disputeLine({ test_id, ruling, suite_version, basis }: DeliveryReport["disputes"][number]): string {
  const changed = suite_version === null ? "" : `, changed after implementation in suite version ${suite_version}`;
  return `${test_id}: ${ruling ?? "open"}${changed}. ${line(basis)}`;
}

function doubtLine({ path, line: at, severity, text }: DeliveryReport["doubts"][number]): string {
  return `${severity}: ${line(path)}${at === null ? "" : `:${at}`}: ${line(text)}`;
}

function section(title: string, items: readonly string[]): string {
  return items.length === 0 ? "" : [`## ${title}`, "", ...items.map((item) => `- ${item}`)].join("\n");
}

/** Text of others inside ours: one line, no markup of its own. */
function line(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[<>`*_[\]#|\\]/g, "\\$&")
    .trim();
}

function cell(text: string): string {
  return text.replace(/\s+/g, " ").replace(/\|/g, "\\|").trim();
}
