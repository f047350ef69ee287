import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import type { ComponentChildren } from "preact";
import { type Level, words } from "../lib/format.ts";
import { Cells } from "../parts/measure.tsx";
import { Empty, Value } from "../parts/shown.tsx";

type Verification = NonNullable<DeliveryReport["verification"]>;
type Environment = NonNullable<Verification["environment"]>;
type Canary = Environment["canaries"][string];

const LEVELS: Readonly<Record<Canary, Level>> = { contained: "good", escaped: "bad", not_applicable: "plain" };

/** What each attempt wanted; one that is not known here is called by its name. */
const ATTEMPTS: Readonly<Record<string, string>> = {
  read_secret: "reading a planted secret",
  write_outside: "writing outside",
  tcp: "TCP",
  udp: "UDP",
  unix_socket: "a Unix socket of the parent",
  vsock: "a vsock",
  signal_parent: "a signal to the parent",
  fork_300: "300 processes",
};
const attemptOf = (name: string) => ATTEMPTS[name] ?? words(name);

/** What the product ran in, and what became of the programs that tried to break out of it first. */
export function SandboxCard({ verification }: { verification: Verification }) {
  const { environment, environment_sha256 } = verification;
  return (
    <section class="card" aria-labelledby="sandbox">
      <h3 id="sandbox">Sandbox</h3>
      {environment === null ? (
        <Empty>Nothing was run for this judgement, so nothing had to be isolated.</Empty>
      ) : (
        <>
          <Canaries canaries={Object.entries(environment.canaries)} />
          <dl class="pairs">
            <Fact name="Level">{words(environment.sandbox_level)}</Fact>
            <Fact name="Isolated by">{environment.isolator}</Fact>
            <Fact name="Kernel">
              {environment.runtime} {environment.kernel}
            </Fact>
            <Fact name="Languages">
              {Object.entries(environment.toolchain)
                .map((pair) => pair.join(" "))
                .join(", ")}
            </Fact>
            <Fact name="System-call filter">
              <Value value={environment.seccomp_sha256} format="hash" />
            </Fact>
            <Fact name="Digest of all this">
              <Value value={environment_sha256} format="hash" />
            </Fact>
          </dl>
        </>
      )}
    </section>
  );
}

function Canaries({ canaries }: { canaries: readonly (readonly [string, Canary])[] }) {
  const tried = canaries.filter(([, result]) => result !== "not_applicable");
  const contained = tried.filter(([, result]) => result === "contained").length;
  const escaped = tried.filter(([, result]) => result === "escaped");
  const said = `${contained} of ${tried.length} attempts to break out were contained`;
  return (
    <>
      <p class="lead">{said}.</p>
      <Cells label={said} levels={canaries.map(([, result]) => LEVELS[result])} />
      {escaped.length > 0 && <p class="status bad">Got out: {escaped.map(([name]) => attemptOf(name)).join(", ")}</p>}
      <p class="hint">Tried before the product ran: {canaries.map(([name]) => attemptOf(name)).join(", ")}.</p>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="long">{children}</dd>
    </div>
  );
}
