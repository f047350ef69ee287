import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { AuraError } from "@aura/shared/problems";
import { type AuditorReportCard, ReportCardFile } from "@aura/shared/schemas/api/report-card";
import { z } from "zod";

/**
 * The Auditor's report card as it was published; read each time, since a new one needs no new Manager.
 *
 * @throws {AuraError} `no_report_card` where it is missing or is none: no figure is better than one that nobody measured
 */
export async function readReportCard(path: string): Promise<AuditorReportCard> {
  const { results, ...figures } = parseCard(basename(path), await readText(path));
  const revisions = [...Map.groupBy(results, ({ revision }) => revision)];
  return {
    ...figures,
    submissions: results.length,
    revisions: revisions.map(([revision, { length }]) => ({ revision, submissions: length })),
  };
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new AuraError("no_report_card", `${basename(path)} is not there or cannot be read`, { cause });
  });
}

function parseCard(name: string, text: string): z.infer<typeof ReportCardFile> {
  try {
    return ReportCardFile.parse(JSON.parse(text));
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const what = issue === undefined ? "it is not JSON" : `${issue.path.join(".") || "the whole"}: ${issue.message}`;
    throw new AuraError("no_report_card", `${name} is no report card: ${what}`, { cause });
  }
}
