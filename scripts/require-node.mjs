// npm runs scripts with the Node that is first on PATH; when the pinned binary was not installed that is
// the machine's own, and type stripping would fail with an error nobody understands.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `Aura needs Node 24; this is ${process.version}. Run \`npm ci\` (it brings Node 24) or install Node 24.`,
  );
  process.exit(1);
}
