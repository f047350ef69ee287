import type { Sandbox } from "../../src/sandbox/port.ts";

function refused(): never {
  throw new Error("this test did not expect the sandbox to be asked for that");
}

/** A sandbox that does only what a test scripts: for circumstances that a real one cannot be brought into. */
export function scriptedSandbox(script: Partial<Sandbox>): Sandbox {
  return {
    environment: async () => refused(),
    runCheck: async () => refused(),
    buildStub: async () => refused(),
    runAcceptance: async () => refused(),
    stripBodies: async () => refused(),
    instrument: async () => refused(),
    inspectSource: async () => refused(),
    makeMutants: async () => refused(),
    runMutants: async () => refused(),
    checkImports: async () => refused(),
    installDependencies: async () => refused(),
    killAll: async () => undefined,
    ...script,
  };
}
