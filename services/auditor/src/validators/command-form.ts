import { findToolchain, startFiles } from "@aura/shared/models/toolchains";
import { inScope } from "@aura/shared/models/tree";
import type { Finding } from "@aura/shared/schemas/verification-report";
import { finding } from "./findings.ts";

/**
 * Whether a planned command can start the product from a folder that is not the product's.
 *
 * @param name the interface's name, for the finding
 * @param scopes file scopes and paths that the finished tree may hold
 */
export function commandFindings(
  toolchain: string,
  name: string,
  command: readonly string[],
  scopes: readonly string[],
): Finding[] {
  const form = findToolchain(toolchain)?.command_form;
  if (form === undefined) return []; // an unknown toolchain is a finding of its own
  const spelled = `"${command.join(" ")}" (${name})`;
  const files = startFiles(toolchain, command);
  if (files === null)
    return [finding("command_not_startable", name, `${spelled} does not start from another folder. Use ${form}.`)];
  if (files.some((path) => inScope(path, scopes))) return [];
  const message = `${spelled} needs ${files[0]}, which lies in no task's file_scope. Plan it.`;
  return [finding("command_not_startable", name, message)];
}
