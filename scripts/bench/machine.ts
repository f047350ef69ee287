import { cpus, loadavg, totalmem } from "node:os";

/** What a figure depends on; the load tells whether others used the machine. */
export function machineFacts(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${first?.model.trim() ?? "unknown"}), ${memory} GiB, Node ${process.versions.node}, load ${loadText()}`;
}

export function loadText(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
