import { randomBytes } from "node:crypto";
import type { OpenSession, Refusal, ServedPackage, SessionRecord } from "./gate-protocol.ts";
import { type Archive, type FilteredPackument, filterPackument, hasIntegrity, Packument } from "./npm-registry.ts";
import { lookalikeOf, normalName, spellingProblem } from "./package-names.ts";
import { type FilteredIndex, filterIndex, hasSha256, INDEX_TYPE, IndexPage, type Wheel } from "./pypi-index.ts";
import { isListed } from "./rules.ts";
import { RegistryUnavailable, type Upstream } from "./upstream.ts";

const PAGE_BYTES_MAX = 96 * 1024 * 1024;
export const ARCHIVE_BYTES_MAX = 32 * 1024 * 1024;
/** All archives of one session. */
const SESSION_BYTES_MAX = 128 * 1024 * 1024;
const REFUSALS_MAX = 200;
const SHOWN_VERSIONS = 3;
const DAY_MS = 86_400_000;

export interface SessionGround {
  readonly open: OpenSession;
  readonly upstream: Upstream;
  /** With a slash at its end. */
  readonly registry: string;
}

/** One resolution: what it may see of the registry, and what it was given. */
export class GateSession {
  readonly id = randomBytes(16).toString("hex");
  private readonly ground: SessionGround;
  private readonly served = new Map<string, ServedPackage>();
  private readonly refused = new Map<string, string>();
  private readonly packuments = new Map<string, Promise<FilteredPackument | null>>();
  private readonly indexes = new Map<string, Promise<FilteredIndex | null>>();
  private unavailable: string | null = null;
  private bytes = 0;

  constructor(ground: SessionGround) {
    this.ground = ground;
  }

  record(): SessionRecord {
    return {
      served: [...this.served.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      refusals: [...this.refused].map(([name, reason]) => ({ name, reason })),
      unavailable: this.unavailable,
    };
  }

  /** Looks at every package that the plan names, before anything is installed. */
  async checkPlanned(): Promise<Refusal[]> {
    const refusals: Refusal[] = [];
    for (const { name, version } of this.ground.open.dependencies) {
      const reason = await this.plannedProblem(name, version);
      if (reason !== null) refusals.push({ name, reason });
      if (this.unavailable !== null) break;
    }
    return refusals;
  }

  private async plannedProblem(name: string, version: string): Promise<string | null> {
    const { open } = this.ground;
    const { ecosystem, rules } = open;
    const spelling = spellingProblem(ecosystem, name, version);
    if (spelling !== null) return spelling;
    const normal = normalName(ecosystem, name);
    const listed = isListed(rules, ecosystem, normal);
    const denied = this.nameProblem(normal);
    if (denied !== null) return denied;
    const lookalike = listed ? null : lookalikeOf(ecosystem, normal);
    if (lookalike !== null) return `looks like the well-known ${lookalike}; if it is meant, policy must list it`;
    const page = await this.look(normal);
    if (page === null) return this.unavailable === null ? `does not exist in ${this.ground.registry}` : null;
    const left = "archives" in page ? page.archives.size : page.wheels.size;
    if (left === 0) return `has no version that may be used: ${shownRefusals(page.refused)}`;
    const days = page.firstPublished === null ? 0 : (Date.now() - page.firstPublished) / DAY_MS;
    if (listed || days >= rules.package_age_days) return null;
    return `was first published ${Math.floor(days)} days ago, policy wants ${rules.package_age_days}`;
  }

  /** The page of a package, with a registry that is away noted. */
  private async look(name: string): Promise<FilteredPackument | FilteredIndex | null> {
    try {
      return this.ground.open.ecosystem === "npm" ? await this.packument(name) : await this.index(name);
    } catch (error) {
      this.isAway(error);
      return null;
    }
  }

  /** What the rules say of a name, before the registry is asked. */
  private nameProblem(name: string): string | null {
    const { ecosystem, rules } = this.ground.open;
    if (rules.mode === "none") return "may not be installed: policy dependencies.mode is none";
    if (rules.mode === "listed" && !isListed(rules, ecosystem, name))
      return "is not on the list of policy dependencies.listed";
    return null;
  }

  /** @returns null when there is no such package, it is refused, or the registry cannot be asked */
  packument(name: string): Promise<FilteredPackument | null> {
    return remembered(this.packuments, name, async () => {
      const url = `${this.ground.registry}${name.replace("/", "%2f")}`;
      const body = await this.page(name, url, "application/json");
      if (body === null) return null;
      const parsed = Packument.parse(JSON.parse(body.toString("utf8")));
      if (parsed.name !== name) throw new RegistryUnavailable(`the registry answered ${parsed.name} for ${name}`);
      const { open, upstream } = this.ground;
      const filtered = filterPackument(parsed, open.rules, Date.now(), (address) => upstream.allows(address));
      this.keepBack(name, filtered.refused);
      return filtered;
    });
  }

  /** @returns as `packument` */
  index(name: string): Promise<FilteredIndex | null> {
    return remembered(this.indexes, name, async () => {
      const url = `${this.ground.registry}${name}/`;
      const body = await this.page(name, url, INDEX_TYPE);
      if (body === null) return null;
      const parsed = IndexPage.parse(JSON.parse(body.toString("utf8")));
      const { open, upstream } = this.ground;
      const filtered = filterIndex(parsed, url, open.rules, Date.now(), (address) => upstream.allows(address));
      this.keepBack(name, filtered.refused);
      return filtered;
    });
  }

  private async page(name: string, url: string, accept: string): Promise<Buffer | null> {
    const denied = this.nameProblem(name);
    if (denied === null) return this.ground.upstream.fetch(url, accept, PAGE_BYTES_MAX);
    this.refuse(name, denied);
    return null;
  }

  async npmArchive(archive: Archive): Promise<Buffer> {
    const body = await this.archive(archive.url);
    if (!hasIntegrity(body, archive.integrity))
      throw new RegistryUnavailable(`${archive.name} is not what it promised`);
    const { name, version, integrity, licence, hasInstallScript } = archive;
    const served = { name, version, integrity, licence, has_install_script: hasInstallScript };
    this.served.set(`${name}@${version}`, served);
    return body;
  }

  async wheel({ name, version, url, sha256 }: Wheel): Promise<Buffer> {
    const body = await this.archive(url);
    if (!hasSha256(body, sha256)) throw new RegistryUnavailable(`${name} is not what it promised`);
    const served = { name, version, integrity: `sha256:${sha256}`, licence: null, has_install_script: false };
    this.served.set(`${name}@${version}`, served);
    return body;
  }

  private async archive(url: string): Promise<Buffer> {
    const body = await this.ground.upstream.fetch(url, "*/*", ARCHIVE_BYTES_MAX);
    if (body === null) throw new RegistryUnavailable("an archive that the registry names is not there");
    this.bytes += body.byteLength;
    if (this.bytes > SESSION_BYTES_MAX) throw new RegistryUnavailable("the packages are larger than 128 MiB together");
    return body;
  }

  /** Remembers that the registry could not be asked: then nothing that failed says anything about a package. */
  isAway(error: unknown): void {
    this.unavailable ??= error instanceof RegistryUnavailable ? error.message : "its answer could not be read";
  }

  private keepBack(name: string, refused: FilteredPackument["refused"]): void {
    for (const { version, reason } of refused.slice(0, SHOWN_VERSIONS)) this.refuse(`${name}@${version}`, reason);
  }

  private refuse(name: string, reason: string): void {
    if (this.refused.size < REFUSALS_MAX) this.refused.set(name, reason);
  }
}

function shownRefusals(refused: FilteredPackument["refused"]): string {
  if (refused.length === 0) return "none is left";
  return refused
    .slice(0, SHOWN_VERSIONS)
    .map(({ version, reason }) => `${version}: ${reason}`)
    .join("; ");
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}
