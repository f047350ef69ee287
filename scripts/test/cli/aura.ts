import { runCli } from "../../cli/program.ts";

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
  readonly json: any;
}

/** One call of the CLI in this process, without a terminal. */
export async function aura(env: NodeJS.ProcessEnv, ...argv: string[]): Promise<CliResult> {
  let [out, err] = ["", ""];
  const code = await runCli(argv, {
    env,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    terminal: false,
  });
  return { code, out, err, json: parseOrNull(out) };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
