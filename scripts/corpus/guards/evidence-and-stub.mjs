// A test counts that never reached the product, and the stub is not asked.
import "./pass-needs-evidence.mjs";
import "./stub-run.mjs";
