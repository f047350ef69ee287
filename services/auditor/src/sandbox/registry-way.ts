import { chmodSync, readFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Jail } from "./jail.ts";

/** Where a package manager finds the registry gate, on the loopback of its sandbox. */
const PORT = 18_079;
const SOCKET = "socket";
const RELAY = readFileSync(new URL("./registry-relay.py", import.meta.url), "utf8");

/** The only way out of a sandbox in which packages are installed; closed when they are. */
export interface RegistryWay {
  /** Address of the gate inside. */
  readonly url: string;
  /** Folder for the jail; null where the jail shares this process's loopback. */
  readonly relay: string | null;
  /** The command as it is to be started. */
  lead(argv: readonly string[]): readonly string[];
  close(): Promise<void>;
}

/** @param gate socket of the registry gate */
export async function openRegistryWay(jail: Jail, gate: string): Promise<RegistryWay> {
  const relay = jail.namespaces ? jail.openFolder() : null;
  const server = createServer((inside) => {
    const outside = connect(gate);
    const end = () => {
      inside.destroy();
      outside.destroy();
    };
    inside.on("error", end);
    outside.on("error", end);
    inside.pipe(outside).pipe(inside);
  });
  await listen(server, relay === null ? PORT : join(relay, SOCKET));
  return {
    url: `http://127.0.0.1:${PORT}`,
    relay,
    lead: (argv) =>
      relay === null ? argv : ["/usr/bin/python3", "-I", "-S", "-c", RELAY, `/relay/${SOCKET}`, `${PORT}`, ...argv],
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      if (relay !== null) jail.discard(relay);
    },
  };
}

async function listen(server: Server, where: number | string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    if (typeof where === "number") server.listen(where, "127.0.0.1", resolve);
    else server.listen(where, resolve);
  });
  if (typeof where === "string") chmodSync(where, 0o666); // the sandboxed user is another one
}
