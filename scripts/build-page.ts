import { ensurePage } from "./system/page-build.ts";

/** Builds the dashboard's page where it is missing or older than its sources. */
const failure = await ensurePage();
if (failure !== null) {
  console.error(failure);
  process.exitCode = 1;
} else console.log("page: built in ui/web/dist");
