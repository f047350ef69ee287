import { type Logger, pino } from "pino";

const SECRETS = [
  "*.api_key",
  "*.token",
  "*.password",
  "*.authorization",
  "*.headers.authorization",
  "*.headers['x-api-key']",
  "*.headers.cookie",
];

/** JSON lines on stdout: constant message, facts in fields, secrets removed. */
export function createLog(service: string, level: string): Logger {
  return pino({
    name: service,
    level,
    redact: { paths: [...SECRETS, ...SECRETS.map((path) => path.slice(2))], censor: "[removed]" },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}

export type Log = Logger;
