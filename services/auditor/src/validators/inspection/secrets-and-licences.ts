import type { Finding } from "@aura/shared/schemas/verification-report";
import { isAllowedLicence } from "../../dependencies/licences.ts";
import { type InspectionGround, isTestFile, note, refusal } from "./ground.ts";

/** Forms that their issuers publish, so that a match is a secret and not a likely word. */
const SECRETS: readonly { readonly name: string; readonly form: RegExp }[] = [
  { name: "a private key", form: /-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----/ },
  { name: "an AWS access key", form: /\b(?:AKIA|ASIA)(?!IOSFODNN7EXAMPLE)[0-9A-Z]{16}\b/ },
  { name: "a GitHub token", form: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,90})\b/ },
  { name: "a GitLab token", form: /\bglpat-[A-Za-z0-9_-]{20}\b/ },
  { name: "a Slack token", form: /\bxox[abprs]-[0-9]{8,14}-[A-Za-z0-9-]{10,80}\b/ },
  { name: "an OpenAI key", form: /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,80}T3BlbkFJ[A-Za-z0-9_-]{20,80}/ },
  { name: "an Anthropic key", form: /\bsk-ant-[a-z0-9]{2,10}-[A-Za-z0-9_-]{40,110}/ },
  { name: "a Google key", form: /\bAIza[0-9A-Za-z_-]{35}\b/ },
  { name: "an npm token", form: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { name: "a PyPI token", form: /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,200}/ },
  { name: "a Stripe key", form: /\b[rs]k_live_[0-9a-zA-Z]{24,99}\b/ },
];

const COPYLEFT_TEXT = /\bGNU (?:AFFERO |LESSER )?GENERAL PUBLIC LICENSE\b/;
const SPDX = /SPDX-License-Identifier:\s*([A-Za-z0-9.+()\- ]{1,100})/g;
const TEXT_BYTES_MAX = 1024 * 1024;

/** Secrets, and code of others under licences that policy does not allow. */
export function secretsAndLicences(ground: InspectionGround): Finding[] {
  return [...ground.tree].flatMap(([path, body]) => {
    const text = body.subarray(0, TEXT_BYTES_MAX).toString("utf8");
    return [...secrets(ground, path, text), ...licences(ground, path, text)];
  });
}

function secrets({ known }: InspectionGround, path: string, text: string): Finding[] {
  return SECRETS.flatMap(({ name, form }) => {
    const match = form.exec(text);
    if (match === null || known.has(match[0])) return [];
    const message = `holds what looks like ${name}. A product ships no secret: read it when it runs.`;
    const line = lineOf(text, match.index);
    // a key that tests make up for themselves opens nothing
    return [
      isTestFile(path) ? note("secret_in_tree", path, line, message) : refusal("secret_in_tree", path, line, message),
    ];
  });
}

function licences({ licences: allowed, known }: InspectionGround, path: string, text: string): Finding[] {
  const named = [...text.matchAll(SPDX)].map((match) => ({ licence: (match[1] ?? "").trim(), at: match.index }));
  const refused = named.find(({ licence }) => !isAllowedLicence(licence, allowed) && !known.has(licence));
  if (refused !== undefined) {
    const message = `is under ${refused.licence}, which policy does not allow (${allowed.join(", ")}). Write it yourself, or use a package of the plan.`;
    return [refusal("licence_refused", path, lineOf(text, refused.at), message)];
  }
  const copied = /\.(?:md|rst)$/i.test(path) ? null : COPYLEFT_TEXT.exec(text);
  if (copied === null || known.speaksOf(/\b(?:gpl|agpl|lgpl|general public license)\b/)) return [];
  if (allowed.some((licence) => /GPL/.test(licence))) return [];
  const message = "holds the text of a GNU licence, which policy does not allow. Leave out what was copied under it.";
  return [refusal("licence_refused", path, lineOf(text, copied.index), message)];
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}
