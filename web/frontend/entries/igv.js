// The genome browser of the variant page. It is loaded when somebody opens it.
import igv from "igv/dist/igv.esm.js";

export const { createBrowser, removeBrowser } = igv;
