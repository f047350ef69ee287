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
  return toolchain === "python" ? pythonFindings(name, command, scopes) : [];
}

function pythonFindings(name: string, command: readonly string[], scopes: readonly string[]): Finding[] {
  const [program, flag, module] = command;
  if (
    program !== "python3" ||
    flag !== "-m" ||
    module === undefined ||
    !/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(module)
  ) {
    const message = `"${command.join(" ")}" (${name}) does not start from another folder. Use ["python3", "-m", "<package>"].`;
    return [finding("command_not_startable", name, message)];
  }
  const path = module.replaceAll(".", "/");
  if (inScope(`${path}/__main__.py`, scopes) || inScope(`${path}.py`, scopes)) return [];
  const message = `"${command.join(" ")}" (${name}) needs ${path}/__main__.py, which lies in no task's file_scope. Plan it.`;
  return [finding("command_not_startable", name, message)];
}
