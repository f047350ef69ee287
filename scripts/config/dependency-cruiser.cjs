// Who may import what. scripts/check-boundaries.ts tries each rule on its counter-example in fixtures/boundaries
// before it looks at the repository.

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "services-meet-in-the-database",
      severity: "error",
      comment: "A service imports no file of another service.",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/([^/]+)/", pathNot: "^services/$1/" },
    },
    {
      name: "services-are-no-packages",
      severity: "error",
      comment: "Nobody imports a service by its package name; only @aura/shared is a library.",
      from: {},
      to: { path: "(^|/)@aura/(manager|agent-runtime|auditor|scripts)" },
    },
    {
      name: "shared-stands-alone",
      severity: "error",
      from: { path: "^shared/" },
      to: { path: "^(services|scripts|ui|database)/" },
    },
    {
      name: "vocabulary-does-no-io",
      severity: "error",
      comment: "Words, shapes and models know no database; what they import at run time has none either.",
      from: { path: "^shared/src/(enums|schemas|models)/" },
      to: { path: "^shared/src/(postgres|testing|ledger-store)/" },
    },
    {
      name: "log-is-checked-with-nothing-else",
      severity: "error",
      comment: "Whoever checks a log copies this folder: it imports itself and Node.",
      from: { path: "^shared/src/ledger/" },
      to: { pathNot: "^shared/src/ledger/", dependencyTypesNot: ["core"] },
    },
    {
      name: "page-knows-the-api-alone",
      severity: "error",
      comment: "The page imports what draws it, and of everything else nothing but types.",
      from: { path: "^ui/web/src/" },
      to: {
        pathNot: "^ui/web/src/|(^|/)node_modules/(preact|@preact)/",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "services-import-no-scripts",
      severity: "error",
      from: { path: "^services/" },
      to: { path: "^scripts/" },
    },
    {
      name: "product-imports-no-tests",
      severity: "error",
      from: {
        path: "^(shared|services/[^/]+)/src/|^scripts/|^ui/",
        pathNot: "\\.test\\.ts$|^shared/src/testing/|^scripts/(test|e2e|bench|corpus|config)/",
      },
      to: { path: "/test/|\\.test\\.ts$|^shared/src/testing/|^scripts/e2e/" },
    },
    {
      name: "driver-behind-one-door",
      severity: "error",
      comment: "Only the client in shared, the scripts and the tests of the database know the driver.",
      from: { pathNot: "^shared/src/(postgres|testing)/|^scripts/|^database/test/" },
      to: { path: "(^|/)node_modules/pg/" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/fixtures/|/node_modules/(?!(@aura|pg)/)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
      extensions: [".ts", ".mjs", ".cjs", ".js", ".json"],
    },
  },
};
