// A product need not compile, and its sources are not looked through.
import "./compile-check.mjs";
import "./source-checks.mjs";
