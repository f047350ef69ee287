import { z } from "zod";

/** What an agent gets back from a check it asked for. Output is bounded and hostile. */
export const SandboxJobResult = z.strictObject({
  exit_code: z.int().nullable(),
  reason: z.enum([
    "exit",
    "timeout",
    "cpu",
    "memory",
    "processes",
    "output",
    "file_size",
    "disk",
    "killed",
    "spawn_failed",
    "isolation_unavailable",
    "unknown_command",
  ]),
  stdout: z.string(),
  stderr: z.string(),
  duration_ms: z.int().nonnegative(),
});
export type SandboxJobResult = z.infer<typeof SandboxJobResult>;
