// A probe that loaded nothing counts as a call of the product, and the stub is not asked.
import "./product-touched.mjs";
import "./stub-run.mjs";
