// What the pre-flight inflates gzip, BGZF and zip with, in pieces and within bounds.
export { Gunzip, Inflate, inflateSync } from "fflate";
