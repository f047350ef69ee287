// Neither the removal of all bodies nor that of the functions that only one requirement's tests reach is asked.
import "./body-removal.mjs";
import "./own-functions.mjs";
