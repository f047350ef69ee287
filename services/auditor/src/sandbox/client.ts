import { type ClientRequest, request } from "node:http";
import type { Tree } from "@aura/shared/models/tree";
import { AuraError } from "@aura/shared/problems";
import type { SandboxJobResult } from "@aura/shared/schemas/sandbox-job";
import type { EnvironmentFacts, EvidenceItem } from "@aura/shared/schemas/verification-report";
import type { z } from "zod";
import { readBoundedText } from "../bounded-text.ts";
import type {
  AcceptanceRequest,
  AcceptanceResult,
  CheckRequest,
  ImportRequest,
  InspectRequest,
  InstallRequest,
  InstallResult,
  InstrumentResult,
  Mutant,
  MutantFate,
  MutantRunRequest,
  MutationRequest,
  Sandbox,
  StripRequest,
  StubRequest,
  StubResult,
} from "./port.ts";
import type { Inspection } from "./source-facts.ts";
import { ANSWERS, MESSAGE_BYTES_MAX, readProblem, type SandboxMethod, wireText } from "./wire.ts";

/** The sandbox service behind a Unix socket, with the same behaviour as a local sandbox. */
export class SandboxClient implements Sandbox {
  private readonly socketPath: string;
  private readonly open = new Set<ClientRequest>();

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  environment(): Promise<EnvironmentFacts> {
    return this.call("environment", {});
  }

  runCheck(request: CheckRequest): Promise<SandboxJobResult> {
    return this.call("runCheck", request);
  }

  buildStub(request: StubRequest): Promise<StubResult> {
    return this.call("buildStub", request);
  }

  runAcceptance(request: AcceptanceRequest): Promise<AcceptanceResult> {
    return this.call("runAcceptance", request);
  }

  stripBodies(request: StripRequest): Promise<Tree> {
    return this.call("stripBodies", request);
  }

  instrument(request: StripRequest): Promise<InstrumentResult> {
    return this.call("instrument", request);
  }

  inspectSource(request: InspectRequest): Promise<Inspection> {
    return this.call("inspectSource", request);
  }

  makeMutants(request: MutationRequest): Promise<Mutant[]> {
    return this.call("makeMutants", request);
  }

  runMutants(request: MutantRunRequest): Promise<MutantFate[]> {
    return this.call("runMutants", request);
  }

  checkImports(request: ImportRequest): Promise<EvidenceItem> {
    return this.call("checkImports", request);
  }

  installDependencies(request: InstallRequest): Promise<InstallResult> {
    return this.call("installDependencies", request);
  }

  /** Hangs up; the service then kills the job. */
  killAll(): Promise<void> {
    for (const request of this.open) request.destroy(new Error("stopped"));
    return Promise.resolve();
  }

  private async call<M extends SandboxMethod>(method: M, body: object): Promise<z.output<(typeof ANSWERS)[M]>> {
    const { status, text } = await this.exchange(method, wireText(body));
    if (status !== 200) throw readProblem(text);
    return ANSWERS[method].parse(JSON.parse(text)) as z.output<(typeof ANSWERS)[M]>;
  }

  private exchange(method: string, body: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        connection: "close",
      };
      const fail = (error: Error) => reject(unreachable(this.socketPath, error));
      const options = { socketPath: this.socketPath, path: `/${method}`, method: "POST", headers, agent: false };
      const outgoing = request(options, (answer) => {
        readBoundedText(answer, MESSAGE_BYTES_MAX).then(
          (text) => resolve({ status: answer.statusCode ?? 0, text }),
          fail,
        );
      });
      this.open.add(outgoing);
      outgoing.once("close", () => this.open.delete(outgoing));
      outgoing.once("error", fail);
      outgoing.end(body);
    });
  }
}

function unreachable(socketPath: string, cause: Error): AuraError {
  const detail = `the sandbox service at ${socketPath} did not answer (${cause.message}); start it, or set AURA_SANDBOX`;
  return new AuraError("isolation_unavailable", detail, { cause });
}
