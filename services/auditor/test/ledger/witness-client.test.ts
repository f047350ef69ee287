import { randomBytes } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { cosign } from "@aura/shared/ledger/checkpoints";
import { COSIGNATURE, signerOf, signText } from "@aura/shared/ledger/notes";
import { expect, onTestFinished, test } from "vitest";
import { fetchWitnessKey, submitCheckpoint } from "../../src/ledger/witness-client.ts";
import { GrownLog } from "../witness/grown-log.ts";

const LOG = GrownLog.of(9);
const SIGNER = signerOf("w", randomBytes(32), COSIGNATURE);

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/at/a/path`;
}

/** What is made of the reply to a submission of 9 events by one who thinks that the witness has `from`. */
async function answerTo(status: number, body: string, type = "text/plain", from = 5) {
  const url = await serve((_request, reply) => void reply.writeHead(status, { "content-type": type }).end(body));
  return submitCheckpoint({ url, verifier: SIGNER.verifier }, from, LOG.note(), LOG.proof(from));
}

test("it sends what the protocol asks for, below the address of the witness", async () => {
  let seen = "";
  const url = await serve((request, reply) => {
    seen = `${request.method} ${request.url}\n`;
    request.on("data", (chunk: Buffer) => {
      seen += chunk;
    });
    request.on("end", () => void reply.end(`${cosign(LOG.text(), 7, SIGNER)}\n`));
  });
  const line = cosign(LOG.text(), 7, SIGNER);
  const witness = { url, verifier: SIGNER.verifier };
  expect(await submitCheckpoint(witness, 5, LOG.note(), LOG.proof(5))).toEqual({ kind: "cosigned", line });
  expect(seen).toBe(`POST /at/a/path/add-checkpoint\n${LOG.wish(5)}`);
});

test("a cosignature counts when it is the witness's own, among whatever other lines", async () => {
  const line = cosign(LOG.text(), 7, SIGNER);
  const other = cosign(LOG.text(), 7, signerOf("w", randomBytes(32), COSIGNATURE));
  const newer = `— w ${randomBytes(2424).toString("base64")}`; // of a kind of key that is not known here
  expect(await answerTo(200, `${other}\n${newer}\n${line}\n`)).toEqual({ kind: "cosigned", line });
  const plain = signText(LOG.text(), signerOf("w", randomBytes(32)));
  for (const body of ["", "\n", `${other}\n`, `${plain}\n`, "no line", `${cosign(LOG.text(), 0, SIGNER)}\n`])
    expect(await answerTo(200, body)).toMatchObject({ kind: "refused" });
  for (const forged of [cosign(LOG.text(8), 7, SIGNER), line.replace(/.{12}$/, "AAAAAAAAAAA=")])
    expect(await answerTo(200, `${forged}\n`)).toMatchObject({ kind: "refused" });
});

test("only what speaks against the log counts as a contradiction", async () => {
  const size = "text/x.tlog.size";
  expect(await answerTo(409, "7\n", size)).toEqual({ kind: "other_size", size: 7 });
  expect(await answerTo(409, "7\n", `${size}; charset=utf-8`)).toEqual({ kind: "other_size", size: 7 });
  expect(await answerTo(422, "no")).toEqual({ kind: "contradicted", detail: "422 no" });
  expect(await answerTo(409, "no", "text/plain", 9)).toEqual({ kind: "contradicted", detail: "409 no" });
  for (const body of ["07\n", "7", "-7\n", "7\n7\n", "9007199254740993000\n", ""])
    expect(await answerTo(409, body, size)).toMatchObject({ kind: "refused" });
  for (const status of [400, 403, 404, 413, 204]) expect(await answerTo(status, "")).toMatchObject({ kind: "refused" });
  for (const status of [429, 500, 503]) expect(await answerTo(status, "")).toMatchObject({ kind: "unreachable" });
  expect(await answerTo(422, "\u0000\u001b[2J no \n")).toEqual({ kind: "contradicted", detail: "422 [2J no" });
});

test("a witness that answers too much, elsewhere or not at all is unreachable", async () => {
  const verifier = SIGNER.verifier;
  const ask = async (url: string) => submitCheckpoint({ url, verifier }, 0, LOG.note(), []);
  const endless = await serve((_request, reply) => {
    const more = () => void (reply.write("a".repeat(10_000)) ? setImmediate(more) : reply.once("drain", more));
    more();
  });
  const elsewhere = await serve((_request, reply) => void reply.writeHead(307, { location: endless }).end());
  const gone = await serve((request) => void request.socket.destroy());
  for (const url of [endless, elsewhere, gone, "http://127.0.0.1:1/"])
    expect(await ask(url)).toMatchObject({ kind: "unreachable", detail: expect.stringMatching(/./) });
});

test("a witness's key is taken only as a key of a witness", async () => {
  const shows = async (body: string, status = 200) =>
    fetchWitnessKey(await serve((_request, reply) => void reply.writeHead(status).end(body)));
  expect((await shows(`${SIGNER.verifier.text}\n`))?.text).toBe(SIGNER.verifier.text);
  expect(await shows(SIGNER.verifier.text, 404)).toBeNull();
  expect(await shows(LOG.signer.verifier.text)).toBeNull();
  expect(await shows("no key")).toBeNull();
});
