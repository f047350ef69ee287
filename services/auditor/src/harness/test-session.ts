import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { Tree } from "@aura/shared/models/tree";
import { listHostile, readHostile, writeHostile } from "../sandbox/hostile-folder.ts";
import type { Jail, JailEnd, JailSpec } from "../sandbox/jail.ts";
import { PRODUCT_LIMITS } from "../sandbox/limits.ts";
import { jailed, type PlanInterfaces, STUB_MARKER, type Toolchain, UNTOUCHED_MARKER } from "../toolchains/toolchain.ts";
import {
  CliArguments,
  failureText,
  HttpArguments,
  ProbeArguments,
  replyText,
  ServeArguments,
  StopArguments,
} from "./messages.ts";
import {
  check,
  checkPath,
  checkText,
  describeEnd,
  findInterface,
  lastLineJson,
  ProductError,
  parseArguments,
  parseJson,
  SHOWN,
  UsageError,
} from "./product-call.ts";
import { hearing } from "./reached-functions.ts";
import { cut, cutFront, type Observations } from "./records.ts";
import { ServedProduct } from "./served-product.ts";
import type { Surroundings } from "./surroundings.ts";

/** What all tests of a run share. */
export interface SuiteSetting {
  readonly jail: Jail;
  readonly toolchain: Toolchain;
  readonly interfaces: PlanInterfaces;
  /** Folder outside with the product. */
  readonly product: string;
  /** Folder outside with the packages that it may import; null when there are none. */
  readonly dependencies: string | null;
  /** Folder outside with the attachments; null when there are none. */
  readonly attachmentsFolder: string | null;
  readonly attachments: Tree;
  /** Each process of the product gets one of its own that follows from this. */
  readonly seed: number;
  /** What moves the clock of product and tests; empty: the machine's own. */
  readonly clock: Readonly<Record<string, string>>;
  readonly surroundings: Surroundings;
}

const FILE_BYTES_MAX = 1024 * 1024;
const PORTS = 2_000;
const ATTACHMENTS = "attachments/";

let portsUsed = 0;

/**
 * One test's side of the boundary that can be trusted: carries out its calls in product sandboxes over one working
 * directory and counts them. Nothing that a test or a product says changes the counts.
 */
export class TestSession {
  private readonly setting: SuiteSetting;
  private readonly work: string;
  private readonly running = new Set<{ kill(reason: "killed"): void; ended: Promise<JailEnd> }>();
  private served: ServedProduct | null = null;
  private productCalls = 0;
  private reachedStub = false;
  private lastInput: string | null = null;
  private lastResult: string | null = null;
  private pending = 0;
  private processes = 0;
  private readonly reached = new Set<number>();

  /** @param testId makes the seeds of this test's processes others than those of other tests */
  constructor(setting: SuiteSetting, testId: string) {
    const seed = Number.parseInt(sha256Hex(`${setting.seed} ${testId}`).slice(0, 7), 16);
    this.setting = { ...setting, seed, jail: hearing(setting.jail, this.reached) };
    this.work = setting.jail.openWork();
    if (!setting.jail.namespaces) this.copyAttachments();
  }

  observations(): Observations {
    return {
      product_calls: this.productCalls,
      reached_stub: this.reachedStub,
      last_input: this.lastInput,
      last_result: this.lastResult,
      pending: this.pending,
      reached: this.reached,
    };
  }

  /** Carries out one call; never rejects. The reply is JSON for the test's own context. */
  async answer(method: string, argsText: string): Promise<string> {
    this.pending += 1;
    try {
      return replyText(await this.dispatch(method, parseArguments(argsText)));
    } catch (error) {
      if (error instanceof ProductError) return failureText("ProductError", error.message);
      if (error instanceof UsageError) return failureText("UsageError", error.message);
      return failureText("UsageError", "the call could not be carried out");
    } finally {
      this.pending -= 1;
    }
  }

  /** Ends what the test left running and removes its working directory. */
  async close(): Promise<void> {
    for (const job of this.running) job.kill("killed");
    await Promise.all([...this.running].map((job) => job.ended));
    this.setting.jail.discard(this.work);
  }

  private dispatch(method: string, args: readonly unknown[]): unknown {
    switch (method) {
      case "cli":
        return this.cli(args);
      case "probe":
        return this.probe(args);
      case "serve":
        return this.serve(args);
      case "http":
        return this.http(args);
      case "stop":
        return this.stop(args);
      case "write":
        return this.write(checkPath(args[0]), checkText(args[1]));
      case "read":
        return this.read(checkPath(args[0]));
      case "files":
        return this.files();
      default:
        throw new UsageError(`product has no method ${JSON.stringify(method)}`);
    }
  }

  private async cli(input: readonly unknown[]) {
    const [args, options] = check(CliArguments, [input[0] ?? [], input[1]], "product.cli(args, options)");
    const { command } = findInterface(this.setting.interfaces.cli, options.name, "command line");
    this.note("cli", args, options.stdin, options.files);
    this.writeFiles(options.files);
    const argv = this.setting.toolchain.commandLine(command, args);
    const end = await this.run(argv, options.stdin ?? null, options.env, options.timeout_s);
    if (end.reason !== "spawn_failed") this.productCalls += 1;
    this.lastResult = describeEnd(end);
    return endFields(end);
  }

  private async probe(input: readonly unknown[]) {
    const [snippet, options] = check(ProbeArguments, [input[0], input[1]], "product.probe(snippet, options)");
    this.note("probe", snippet, options.stdin, options.files);
    this.writeFiles(options.files);
    const { argv, stdin } = this.setting.toolchain.probe(snippet, options.stdin ?? null);
    const ran = await this.run(argv, stdin, options.env, options.timeout_s);
    const untouched = ran.stderr.trimEnd().endsWith(UNTOUCHED_MARKER);
    const end = untouched ? { ...ran, stderr: ran.stderr.trimEnd().slice(0, -UNTOUCHED_MARKER.length).trimEnd() } : ran;
    if (end.reason !== "spawn_failed" && !untouched) this.productCalls += 1;
    this.lastResult = describeEnd(end);
    if (end.reason !== "exit" || end.exit_code !== 0) throw new ProductError(`the probe failed: ${describeEnd(end)}`);
    return lastLineJson(end.stdout);
  }

  private async serve(input: readonly unknown[]) {
    const [options] = check(ServeArguments, [input[0]], "product.serve(options)");
    const found = findInterface(this.setting.interfaces.http, options.name, "HTTP interface");
    await this.stopServed();
    this.note("serve", options.args, undefined, {});
    const argv = this.setting.toolchain.commandLine(found.command, options.args);
    const port = this.nextPort();
    const spec = this.spec(argv, null, { ...options.env, [found.port_variable]: `${port}` }, SERVING_S, SERVING);
    const served = this.startServed(
      new ServedProduct(this.setting.jail, spec, port, this.setting.surroundings.headers),
    );
    if (options.expect === "end") return this.refusedStart(served, options.timeout_s ?? STARTING_S);
    if (await served.becomesReady(found.ready_path)) return { port, base_url: `http://127.0.0.1:${port}` };
    await this.stopServed();
    const end = await served.ended;
    this.lastResult = describeEnd(end);
    const how = end.reason === "killed" ? `it did not answer on ${found.port_variable}` : "it ended";
    throw new ProductError(`the product did not become ready: ${how}. ${this.lastResult}`);
  }

  private startServed(served: ServedProduct): ServedProduct {
    this.served = served;
    this.productCalls += 1;
    this.running.add(served);
    served.ended.then((end) => {
      this.running.delete(served);
      this.see(end.stdout);
      this.see(end.stderr);
    });
    return served;
  }

  /** How a start ended that the test expects to be refused. */
  private async refusedStart(served: ServedProduct, timeoutS: number) {
    this.served = null;
    const end = await served.endsWithin(timeoutS);
    this.lastResult = describeEnd(end);
    if (end.reason !== "timeout") return endFields(end);
    throw new ProductError(`the product did not end within ${timeoutS} s of its start. ${this.lastResult}`);
  }

  private async http(input: readonly unknown[]) {
    const [call] = check(HttpArguments, [input[0]], "product.http(request)");
    const served = this.served;
    if (served === null) throw new UsageError("product.http needs product.serve() before it");
    const body =
      call.body === undefined ? "" : ` ${typeof call.body === "string" ? call.body : JSON.stringify(call.body)}`;
    this.lastInput = `${call.method.toUpperCase()} ${call.path}${body}`;
    this.lastResult = null;
    try {
      const answer = await served.ask(call);
      this.productCalls += 1;
      this.see(answer.body);
      this.lastResult = `status ${answer.status}\nbody: ${cut(answer.body, SHOWN)}`;
      return { ...answer, json: parseJson(answer.body) };
    } catch (error) {
      this.lastResult = `stderr: ${cutFront(served.stderr(), SHOWN)}`;
      throw new ProductError(`${this.lastInput}: ${(error as Error).message}`);
    }
  }

  /** @throws {ProductError} when a signal finds nobody: that the product had ended before is no answer to it */
  private async stop(input: readonly unknown[]) {
    const [{ signal, timeout_s }] = check(StopArguments, [input[0]], "product.stop(options)");
    if (signal === "SIGKILL") {
      const end = await this.stopServed();
      return end === null ? null : endFields(end);
    }
    const served = this.served;
    if (served === null) throw new UsageError("product.stop with a signal needs product.serve() before it");
    this.served = null;
    this.note("stop", { signal }, undefined, {});
    if (served.end !== null) throw new ProductError(`it had ended before ${signal}: ${describeEnd(served.end)}`);
    served.signal(signal);
    const end = await served.endsWithin(timeout_s ?? STOPPING_S);
    this.lastResult = describeEnd(end);
    return endFields(end);
  }

  /** Kills what is served, with all that it started; null when nothing is. */
  private async stopServed(): Promise<JailEnd | null> {
    const served = this.served;
    this.served = null;
    if (served === null) return null;
    served.kill("killed");
    return served.ended;
  }

  private write(path: string, text: string): null {
    try {
      writeHostile(this.work, path, Buffer.from(text, "utf8"), this.setting.jail.hand);
      return null;
    } catch {
      throw new UsageError(`${path} cannot be written: something that is not a file is in its place`);
    }
  }

  private read(path: string): string | null {
    if (path.startsWith(ATTACHMENTS)) {
      const attachment = this.setting.attachments.get(path.slice(ATTACHMENTS.length));
      if (attachment !== undefined) return attachment.toString("utf8");
    }
    return readHostile(this.work, path, FILE_BYTES_MAX)?.toString("utf8") ?? null;
  }

  /** What the test and the product wrote, without the attachments. */
  private files(): string[] {
    return listHostile(this.work, PRODUCT_LIMITS.disk_entries).filter((path) => !path.startsWith(ATTACHMENTS));
  }

  private writeFiles(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) this.write(checkPath(path), text);
  }

  private copyAttachments(): void {
    const { attachments, jail } = this.setting;
    for (const [path, body] of attachments) writeHostile(this.work, `${ATTACHMENTS}${path}`, body, jail.hand);
  }

  private async run(argv: readonly string[], stdin: string | null, env: Record<string, string>, timeoutS = 10) {
    const job = this.setting.jail.start(this.spec(argv, stdin, env, timeoutS));
    this.running.add(job);
    const end = await job.ended;
    this.running.delete(job);
    this.see(end.stdout);
    this.see(end.stderr);
    return end;
  }

  private spec(
    argv: readonly string[],
    stdin: string | null,
    env: Record<string, string>,
    timeoutS: number,
    limits = PRODUCT_LIMITS,
  ): JailSpec {
    const { jail, toolchain, product, dependencies, attachmentsFolder, seed, clock, surroundings } = this.setting;
    this.processes += 1;
    return {
      argv,
      env: { ...toolchain.environment(seed + this.processes), ...surroundings.environment, ...env, ...clock },
      stdin,
      product,
      dependencies,
      work: this.work,
      attachments: jail.namespaces ? attachmentsFolder : null,
      relay: null,
      channel: false,
      loopback: true,
      ...jailed(toolchain, { ...limits, wall_ms: timeoutS * 1000 }),
    };
  }

  /** With a loopback of its own every product may have the same port, so that its output is the same each time. */
  private nextPort(): number {
    const { jail, surroundings } = this.setting;
    if (jail.namespaces) return surroundings.first_port;
    portsUsed += 1;
    return surroundings.first_port + (portsUsed % PORTS);
  }

  private see(output: string): void {
    if (output.includes(STUB_MARKER)) this.reachedStub = true;
  }

  private note(what: string, args: unknown, stdin: string | undefined, files: Readonly<Record<string, string>>): void {
    const input = stdin === undefined ? "" : `\nstdin: ${JSON.stringify(cut(stdin, SHOWN))}`;
    const named = Object.entries(files).map(([path, text]) => `\nfile ${path}: ${JSON.stringify(cut(text, SHOWN))}`);
    this.lastInput = `${what} ${typeof args === "string" ? args : JSON.stringify(args)}${input}${named.join("")}`;
    this.lastResult = null;
  }
}

/** What a test is told of an end. */
function endFields({ exit_code, stdout, stderr, reason }: JailEnd) {
  return { exit_code, stdout, stderr, timed_out: reason === "timeout", ended: reason };
}

/** Until a start that is expected to be refused has ended. */
const STARTING_S = 10;
/** Until a product that got a signal has ended. */
const STOPPING_S = 10;
/** A served product may run as long as its test. */
const SERVING_S = 65;
const SERVING = { ...PRODUCT_LIMITS, cpu_s: 60 };
