// A file that does not tell its genome build: what it will be read as, and the choice of another.
import { make } from "./dom.js";

const buildOf = ({ name, assembly }) => (assembly ? `${assembly} (${name})` : name);

/** A box with the choice; null where the build is known, or nothing can be annotated as it is. */
export function buildChoice(item) {
  const { answer } = item;
  if (!answer || answer.assembly.guess) return null;
  if (answer.findings.some(({ code }) => code === "no_contig_known")) return null;
  const others = answer.packs.length > 1;
  const only = `The only reference here is ${buildOf(answer.packs[0])}`;
  const words = others
    ? "Choose the one it was made with: with another, its annotations would be wrong."
    : `${only}: a file of another build would get wrong annotations, so lift it over first.`;
  const question = make("strong", "", "Which genome build is it?");
  const why = make("p", "", question, ` ${answer.assembly.why} ${words}`);
  const box = make("div", "build callout", why);
  if (others) box.append(selectOf(item, answer));
  return box;
}

function selectOf(item, { pack, packs }) {
  const select = make("select", "form-select form-select-sm");
  select.append(...packs.map((each) => new Option(buildOf(each), each.name)));
  select.value = pack;
  select.addEventListener("change", () => item.choose({ pack: select.value, contigNames: {} }));
  return make("label", "small", "It is annotated as ", select);
}
