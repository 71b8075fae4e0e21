// Contigs that nobody can guess, named by hand: a table of those of the file, each with a choice of
// the reference's. What is chosen goes to the job as `contig_names`.
import { button, make } from "./dom.js";
import { inCount } from "./words.js";

const MOST_ROWS = 40;
const LEAVE = "Leave as it is";

const unplaced = ({ contigs }) => contigs.filter(({ as }) => !as);

/** A fold with the table, or null where every contig has its place. */
export function naming(item) {
  const { answer } = item;
  const open = answer ? unplaced(answer) : [];
  if (!open.length || !answer.pack_contigs?.length) return null;
  // The header of a file of chromosomes may name thousands of scaffolds, which nobody misses.
  const needed = answer.findings.some(({ code }) => code === "no_contig_known");
  const rows = open.slice(0, MOST_ROWS).map(({ name }) => rowOf(name, answer));
  const body = make("tbody");
  body.append(...rows.map(({ row }) => row));
  const head = make("tr", "", column("In your file"), column(`In ${answer.pack}`));
  const table = make("table", "table table-dense naming", make("thead", "", head), body);
  const apply = button("Read them under these names", "btn-secondary", () => choose(item, rows));
  const rest = open.length - rows.length;
  const more = rest ? make("p", "muted small", `And ${inCount(rest)} more.`) : "";
  const summary = make("summary", "", "Name contigs by hand");
  const details = make("details", "naming-fold", summary, table, more, apply);
  details.open = needed && !answer.findings.some(({ repair }) => repair);
  return details;
}

function choose(item, rows) {
  const chosen = rows.filter(({ select }) => select.value);
  if (!chosen.length) return;
  const names = Object.fromEntries(chosen.map(({ name, select }) => [name, select.value]));
  item.choose({ contigNames: { ...item.options.contigNames, ...names } });
}

function rowOf(name, { pack_contigs: own }) {
  const select = make("select", "form-select form-select-sm");
  select.setAttribute("aria-label", `What ${name} is called in the reference`);
  select.append(new Option(LEAVE, ""), ...own.map((each) => new Option(each, each)));
  const title = make("th", "", make("code", "", name));
  title.scope = "row";
  return { name, select, row: make("tr", "", title, make("td", "", select)) };
}

function column(title) {
  const cell = make("th", "", title);
  cell.scope = "col";
  return cell;
}
