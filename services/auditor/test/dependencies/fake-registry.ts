import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A package of the registry that a test makes up. */
export interface FakePackage {
  readonly name: string;
  readonly version: string;
  /** Days since it was published. */
  readonly age: number;
  readonly files: Readonly<Record<string, string>>;
  /** Laid over its manifest in the registry's answer; npm only. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Laid over its entry in the index; pypi only. */
  readonly entry?: Readonly<Record<string, unknown>>;
  /** Other bytes than the registry promises. */
  readonly swapped?: boolean;
}

export interface FakeRegistry {
  /** With a slash at its end. */
  readonly npm: string;
  readonly pypi: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  close(): void;
}

/** Stdin: JSON of kind and files; stdout: the archive. The same bytes every time. */
const ARCHIVER = `
import io, json, sys, tarfile, zipfile
given, out = json.load(sys.stdin), io.BytesIO()
if given["kind"] == "npm":
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in given["files"].items():
            info = tarfile.TarInfo("package/" + path)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
else:
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in given["files"].items():
            archive.writestr(zipfile.ZipInfo(path), text)
sys.stdout.buffer.write(out.getvalue())
`;

function archive(kind: "npm" | "pypi", files: Readonly<Record<string, string>>): Buffer {
  return execFileSync("/usr/bin/python3", ["-c", ARCHIVER], { input: JSON.stringify({ kind, files }) });
}

const DAY_MS = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

/** Serves packages as npm's registry and as a simple index (PEP 691) do. */
export async function startFakeRegistry(
  npm: readonly FakePackage[],
  pypi: readonly FakePackage[],
): Promise<FakeRegistry> {
  const asked: string[] = [];
  const archives = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    asked.push(path);
    const bytes = archives.get(path);
    if (bytes !== undefined) response.end(bytes);
    else if (path.startsWith("/npm/")) packument(path.slice("/npm/".length), npm, origin(server), response);
    else index(path.split("/")[2] ?? "", pypi, origin(server), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  for (const one of npm) archives.set(`/npm/${one.name}/-/${one.version}.tgz`, bytesOf("npm", one));
  for (const one of pypi) archives.set(`/files/${wheelName(one)}`, bytesOf("pypi", one));
  return {
    npm: `${origin(server)}/npm/`,
    pypi: `${origin(server)}/simple/`,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const origin = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const promised = new WeakMap<FakePackage, Buffer>();

function bytesOf(kind: "npm" | "pypi", one: FakePackage): Buffer {
  const bytes = archive(kind, kind === "npm" ? npmFiles(one) : wheelFiles(one));
  promised.set(one, bytes);
  return one.swapped ? archive(kind, { "package.json": "{}", evil: "" }) : bytes;
}

function npmFiles({ name, version, files, manifest }: FakePackage): Record<string, string> {
  return { "package.json": JSON.stringify({ name, version, main: "index.js", ...manifest }), ...files };
}

function wheelFiles({ name, version, files }: FakePackage): Record<string, string> {
  const info = `${name.replaceAll("-", "_")}-${version}.dist-info`;
  return {
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\nClassifier: License :: OSI Approved :: MIT License\n\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/RECORD`]: [...Object.keys(files), "METADATA", "WHEEL", "RECORD"].map((path) => `${path},,\n`).join(""),
    ...files,
  };
}

function wheelName({ name, version, entry }: FakePackage): string {
  return typeof entry?.filename === "string"
    ? entry.filename
    : `${name.replaceAll("-", "_")}-${version}-py3-none-any.whl`;
}

function packument(name: string, all: readonly FakePackage[], base: string, response: ServerResponse): void {
  const own = all.filter((one) => one.name === name);
  if (own.length === 0) {
    notFound(response);
    return;
  }
  const versions = own.map((one) => {
    const integrity = `sha512-${createHash("sha512")
      .update(promised.get(one) ?? "")
      .digest("base64")}`;
    const dist = { tarball: `${base}/npm/${name}/-/${one.version}.tgz`, integrity };
    return [one.version, { name, version: one.version, license: "MIT", dist, ...one.manifest }];
  });
  const time = Object.fromEntries(own.map((one) => [one.version, ago(one.age)]));
  const latest = own.at(-1)?.version ?? "";
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ name, "dist-tags": { latest }, time, versions: Object.fromEntries(versions) }));
}

function index(name: string, all: readonly FakePackage[], base: string, response: ServerResponse): void {
  const own = all.filter((one) => one.name === name);
  if (own.length === 0) {
    notFound(response);
    return;
  }
  const files = own.map((one) => ({
    filename: wheelName(one),
    url: `${base}/files/${wheelName(one)}`,
    hashes: {
      sha256: createHash("sha256")
        .update(promised.get(one) ?? "")
        .digest("hex"),
    },
    "upload-time": ago(one.age),
    yanked: false,
    ...one.entry,
  }));
  response.setHeader("content-type", "application/vnd.pypi.simple.v1+json");
  response.end(JSON.stringify({ meta: { "api-version": "1.1" }, name, files }));
}

function notFound(response: ServerResponse): void {
  response.statusCode = 404;
  response.end("{}");
}
