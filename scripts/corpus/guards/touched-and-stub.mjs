// A probe that loaded nothing counts as a call of the product, and neither the stub nor the removal of bodies is asked.
import "./product-touched.mjs";
import "./stub-and-removal.mjs";
