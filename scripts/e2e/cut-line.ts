import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A line to a server that can be cut: it swallows everything both ways then, and no end hears of it. */
export interface CutLine {
  /** `url` as it is reached over the line. */
  readonly urlOf: (url: string) => string;
  readonly cut: () => void;
  /** What was on its way arrives, late. */
  readonly mend: () => void;
  readonly close: () => Promise<void>;
}

export async function openCutLine(target: string): Promise<CutLine> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => to.write(bytes));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        if (!isCut) to.destroy();
      });
      if (isCut) from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const own = (server.address() as AddressInfo).port;
  return {
    urlOf: (url) => {
      const over = new URL(url);
      over.hostname = "127.0.0.1";
      over.port = String(own);
      return over.href;
    },
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    mend: () => {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
