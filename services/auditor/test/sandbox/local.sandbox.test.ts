import { openSandbox } from "../../src/sandbox/open.ts";
import { conforms } from "./conformance.ts";

conforms("bubblewrap in this process", "bubblewrap", async () => {
  const sandbox = openSandbox({ sandbox: "auto" });
  return { sandbox, close: () => sandbox.killAll() };
});
