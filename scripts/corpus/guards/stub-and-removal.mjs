// Neither the stub nor the removal of bodies is asked.
import "./body-removal.mjs";
import "./stub-run.mjs";
