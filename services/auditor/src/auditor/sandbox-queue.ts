import type { Sandbox } from "../sandbox/port.ts";

/** One sandbox shared by everything that this process executes: one call at a time, in the order of asking. */
export interface SandboxQueue {
  /**
   * The sandbox for one piece of work. When `signal` aborts, the call of this work that is running is killed and the
   * later ones reject; calls of other work are left alone.
   */
  borrow(signal: AbortSignal): Sandbox;
  /** Holds the sandbox for all of `work`, which must use the sandbox that it is given. */
  hold<T>(signal: AbortSignal, work: (sandbox: Sandbox) => Promise<T>): Promise<T>;
}

export function createSandboxQueue(sandbox: Sandbox): SandboxQueue {
  let last: Promise<unknown> = Promise.resolve();

  function hold<T>(signal: AbortSignal, work: (held: Sandbox) => Promise<T>): Promise<T> {
    const turn = last.then(() => withKill(signal, sandbox, work));
    last = turn.catch(() => undefined);
    return turn;
  }

  function borrow(signal: AbortSignal): Sandbox {
    return {
      environment: () => hold(signal, (held) => held.environment()),
      runCheck: (request) => hold(signal, (held) => held.runCheck(request)),
      buildStub: (request) => hold(signal, (held) => held.buildStub(request)),
      runAcceptance: (request) => hold(signal, (held) => held.runAcceptance(request)),
      stripBodies: (request) => hold(signal, (held) => held.stripBodies(request)),
      instrument: (request) => hold(signal, (held) => held.instrument(request)),
      inspectSource: (request) => hold(signal, (held) => held.inspectSource(request)),
      makeMutants: (request) => hold(signal, (held) => held.makeMutants(request)),
      runMutants: (request) => hold(signal, (held) => held.runMutants(request)),
      checkImports: (request) => hold(signal, (held) => held.checkImports(request)),
      installDependencies: (request) => hold(signal, (held) => held.installDependencies(request)),
      killAll: () => sandbox.killAll(),
    };
  }

  return { borrow, hold };
}

/** Runs `work`, which holds the sandbox, and kills what it runs there when `signal` aborts. */
export async function withKill<T>(
  signal: AbortSignal,
  sandbox: Sandbox,
  work: (held: Sandbox) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const kill = () => void sandbox.killAll().catch(() => undefined); // what it cannot end, its own time limit ends
  signal.addEventListener("abort", kill, { once: true });
  try {
    const result = await work(sandbox);
    signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener("abort", kill);
  }
}
