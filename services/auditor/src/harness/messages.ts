import { z } from "zod";

/** What the process that holds the tests may say. It runs code that an agent wrote, so every line is checked. */
export const RunnerMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({ type: z.literal("call"), call: z.int(), method: z.string(), args: z.string() }),
  z.strictObject({
    type: z.literal("done"),
    id: z.string(),
    ended: z.enum(["passed", "assertion", "product", "error"]),
    assertions: z.int().nonnegative(),
    message: z.string().nullable(),
    expected: z.string().nullable(),
    observed: z.string().nullable(),
  }),
]);
export type RunnerMessage = z.infer<typeof RunnerMessage>;
export type RunnerDone = Extract<RunnerMessage, { type: "done" }>;

const Text = z.union([z.string(), z.number().transform(String)]);
const Environment = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), Text).default({});
const Seconds = z.number().positive().max(60).optional();

const CliOptions = z
  .strictObject({
    stdin: z.string().optional(),
    files: z.record(z.string(), z.string()).default({}),
    name: z.string().optional(),
    env: Environment,
    timeout_s: Seconds,
  })
  .prefault({});
export const CliArguments = z.tuple([z.array(Text), CliOptions]);

export const ProbeArguments = z.tuple([
  z.string().max(100_000),
  z
    .strictObject({
      stdin: z.string().optional(),
      files: z.record(z.string(), z.string()).default({}),
      env: Environment,
      timeout_s: Seconds,
    })
    .prefault({}),
]);

export const ServeArguments = z.tuple([
  z
    .strictObject({
      name: z.string().optional(),
      args: z.array(Text).default([]),
      env: Environment,
      expect: z.enum(["ready", "end"]).default("ready"),
      timeout_s: Seconds,
    })
    .refine(({ expect, timeout_s }) => expect === "end" || timeout_s === undefined, 'timeout_s goes with expect: "end"')
    .prefault({}),
]);

/** SIGKILL ends everything that the product started, too; the others reach its first process alone. */
export const StopArguments = z.tuple([
  z
    .strictObject({ signal: z.enum(["SIGKILL", "SIGTERM", "SIGINT"]).default("SIGKILL"), timeout_s: Seconds })
    .prefault({}),
]);

/** A body that is not a string is sent as JSON. */
export const HttpArguments = z.tuple([
  z.strictObject({
    method: z
      .string()
      .regex(/^[A-Za-z]+$/)
      .default("GET"),
    path: z.string().regex(/^\/[!-~]*$/, "a path begins with / and holds no space"),
    headers: z.record(z.string(), Text).default({}),
    body: z.unknown().optional(),
    timeout_s: Seconds,
  }),
]);
export type HttpCall = z.infer<typeof HttpArguments>[0];

/** An answer to one call, as text that is parsed inside the test's own context. */
export function replyText(value: unknown): string {
  return JSON.stringify({ ok: true, value: value ?? null });
}

export function failureText(name: "ProductError" | "UsageError", message: string): string {
  return JSON.stringify({ ok: false, name, message });
}
