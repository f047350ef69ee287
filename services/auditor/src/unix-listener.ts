import { chmodSync, rmSync } from "node:fs";
import type { Server } from "node:http";

/** Lets a server listen on a Unix socket made afresh, 0660: whoever shares the group may use it. */
export async function listenOnSocket(server: Server, socketPath: string): Promise<void> {
  server.on("clientError", (_error, socket) => socket.destroy());
  rmSync(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  chmodSync(socketPath, 0o660);
}
