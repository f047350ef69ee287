import type { DeliveryReport } from "@aura/shared/schemas/api/report";

const CONTENTS = `## What is in here

| file | says |
|---|---|
| \`events.jsonl\` | every event of the run, as it was written, with the proof that it lies under the checkpoint |
| \`checkpoints/\` | the signed state of the log that covers the whole run, with cosignatures of witnesses |
| \`keys/\` | public keys that signed the log: **compare them with a copy you got elsewhere**, as nothing in a pack can vouch for itself; \`attestation-*.pem\` signed the attestation |
| \`verifier/\` | the program that checks all this; it needs Node 24 and nothing else, no network and no database |
| \`prd.md\`, \`attachments/\` | what was asked for |
| \`requirements.json\` | from each block of the PRD to requirement, tasks, tests, verdict and evidence |
| \`plan.json\`, \`tasks.json\` | what was planned, who did it, and each attempt |
| \`approvals.json\` | what waited for a decision, what was shown then, and what was decided |
| \`overrides.json\` | every act of a Director on this run, with its reason; refused ones too |
| \`evidence/\` | judgements of the Auditor (\`verifications.json\`), and each output and report in a file named by its SHA-256 |
| \`attestation/\` | of delivered software, verified or partial: SLSA provenance and test result as DSSE envelopes, and the bill of materials (CycloneDX) |
| \`spend.json\` | what was spent, for which model and task |
| \`report.json\`, \`report.md\` | the delivery report |
`;

const MAPPING = `## What it supports

The pack is evidence that an organisation may use where these texts ask for some. It supports them; whether they are met is for whoever
answers for the system to judge, and no file here claims it.

| text | asks for | supported by |
|---|---|---|
| EU AI Act (Regulation (EU) 2024/1689), Art. 12(1) | events are recorded automatically over the lifetime of the system | \`events.jsonl\`, \`checkpoints/\` |
| EU AI Act, Art. 12(2) | the record lets situations of risk and the operation be traced and monitored | \`events.jsonl\`, \`tasks.json\`, \`evidence/\` |
| EU AI Act, Art. 14(1), 14(2) | persons can oversee the system while it is used | \`approvals.json\`, \`report.md\` |
| EU AI Act, Art. 14(4)(a), (c) | they understand limits and can interpret what comes out | \`report.md\` (what was not checked), \`requirements.json\` |
| EU AI Act, Art. 14(4)(d), (e) | they can disregard or override its output, and stop it | \`overrides.json\`, \`approvals.json\` |
| NIST AI RMF 1.0, GOVERN 1.4 | risk management rests on transparent policies and controls | \`approvals.json\`, \`events.jsonl\` |
| NIST AI RMF 1.0, MAP 3.5 | human oversight is defined and documented | \`approvals.json\`, \`overrides.json\` |
| NIST AI RMF 1.0, MEASURE 2.4, 2.8 | behaviour is monitored; transparency and accountability are examined | \`evidence/\`, \`report.json\` |
| NIST AI RMF 1.0, MANAGE 2.4 | there are means to supersede, disengage or deactivate | \`overrides.json\` |
| ISO/IEC 42001:2023, A.6.2.4 | the AI system is verified and validated | \`evidence/\`, \`requirements.json\` |
| ISO/IEC 42001:2023, A.6.2.8 | event logs are recorded, at least while the system is used | \`events.jsonl\`, \`checkpoints/\` |
`;

/** How a stranger checks the pack. */
export function packReadme({ title, run_id, status, stop_reason }: DeliveryReport, checkpoint: string): string {
  const [origin, size, root] = checkpoint.split("\n");
  return `# Evidence of the run "${title.replaceAll(/\s+/g, " ")}"

Run \`${run_id}\`: ${status}${stop_reason === null ? "" : ` (${stop_reason})`}. Log \`${origin}\`, ${size} events, root \`${root}\`.

## How to check it

Nothing of this needs the system that made it. Get the public key of the log from somebody you trust, not from this pack, put it into
a file, and run in this folder:

\`\`\`
node verifier/main.ts . --key @YOUR-COPY-OF-THE-KEY.vkey
\`\`\`

With \`--witness @KEY.vkey\` it also asks for the cosignature of a witness that you trust. Exit code 0: sound. 1: tampered with, and
where. 2: cannot tell, because something is missing; missing is never sound. What exactly is checked, and how to write such a program
yourself, is said in docs/architecture/LEDGER_FORMAT.md of Aura_Orchestra.

It shows that the events are those that were signed, and that none of the run's events up to its seal is left out; that the attestation
is signed by the key that the log names for it, and is about the tree that was delivered: an accepted one, unless the delivery
was partial, which its test result never calls \`PASSED\`. The other files are told by these events through hashes where they have one (\`sha256sum evidence/*\` gives the names of the files); the rest of them
is the word of the system.

${CONTENTS}
${MAPPING}`;
}
