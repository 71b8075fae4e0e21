// The genome browser of a variant's page: loaded when it is asked for, and fed by this service only.
const FLANK = 30;
const MOST_BASES = 1_000_000;
const MOST_VARIANTS = 200;
const IMPACT_COLOURS = { HIGH: "#a4133c", MODERATE: "#d97706", LOW: "#3b8fc7", MODIFIER: "#93a3a9" };

const panel = document.querySelector("[data-browser]");

async function getJson(address, parameters) {
  const query = new URLSearchParams(parameters);
  const answer = await fetch(`${address}?${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The reference does not answer (${answer.status}).`);
  return answer.json();
}

const regionOf = (contig, start, end) => `${contig}:${start + 1}-${Math.min(end, start + MOST_BASES)}`;

/** Contigs and sequence of the job's pack, as igv.js reads them from a file otherwise. */
async function reader(reference) {
  const { contigs } = await getJson(`${reference}/contigs`, {});
  const chromosomes = new Map(
    contigs.map(({ name, length }, number) => [name, { name, bpLength: length, order: number }]),
  );
  return {
    chromosomes,
    chromosomeNames: [...chromosomes.keys()],
    init: async () => {},
    getSequenceRecord: (name) => chromosomes.get(name),
    getFirstChromosomeName: () => chromosomes.keys().next().value,
    async readSequence(contig, start, end) {
      const length = chromosomes.get(contig)?.bpLength ?? 0;
      const last = Math.min(end, length);
      if (start >= last) return "";
      const { sequence } = await getJson(`${reference}/sequence`, { region: regionOf(contig, start, last) });
      return sequence;
    },
  };
}

function genes(reference) {
  return {
    name: "Genes",
    type: "annotation",
    height: 90,
    displayMode: "EXPANDED",
    color: "#14615d",
    visibilityWindow: MOST_BASES,
    searchable: false,
    reader: {
      async readFeatures(contig, start, end) {
        const region = regionOf(contig, Math.max(0, Math.floor(start)), Math.ceil(end));
        return (await getJson(`${reference}/genes`, { region })).features;
      },
    },
  };
}

/** The job's own variants; the one of the page stands out by its name. */
function variants({ rows, chrom, contig, pos }) {
  return {
    name: "This job",
    type: "annotation",
    height: 70,
    displayMode: "EXPANDED",
    visibilityWindow: 100_000,
    searchable: false,
    reader: {
      async readFeatures(_, start, end) {
        const region = regionOf(chrom, Math.max(0, Math.floor(start)), Math.ceil(end));
        const columns = "chrom,pos,ref,alt,impact,symbol,consequence";
        const found = await getJson(rows, { region, columns, size: MOST_VARIANTS });
        return found.rows.map((row, at) => ({
          chr: contig,
          start: row.pos - 1,
          end: row.pos - 1 + (found.cut?.[at]?.ref ?? row.ref.length),
          name: `${row.pos === Number(pos) ? "▸ " : ""}${row.ref}>${row.alt ?? "."}`,
          color: IMPACT_COLOURS[row.impact] ?? IMPACT_COLOURS.MODIFIER,
          consequence: row.consequence,
          symbol: row.symbol,
        }));
      },
    },
  };
}

async function openBrowser(button) {
  const told = panel.dataset;
  const place = panel.querySelector("[data-igv-place]");
  button.disabled = true;
  button.textContent = "Opening …";
  try {
    const { createBrowser } = await import(told.igv);
    const pos = Number(told.pos);
    const end = pos + Number(told.span) + FLANK;
    await createBrowser(place, {
      reference: { id: told.assembly, name: told.assembly, reader: await reader(told.reference), wholeGenomeView: false },
      locus: `${told.contig}:${Math.max(1, pos - FLANK)}-${end}`,
      loadDefaultGenomes: false,
      search: false,
      showIdeogram: false,
      showMultiSelectButton: false,
      showCenterGuideButton: false,
      showSVGButton: false,
      showTrackLabelButton: false,
      showCursorTrackingGuideButton: false,
      showROITableButton: false,
      showSampleNames: false,
      tracks: [{ type: "sequence", order: -10 }, variants(told), genes(told.reference)],
    });
    button.closest(".actions").hidden = true;
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  } catch (error) {
    button.disabled = false;
    button.textContent = "Try again";
    place.textContent = `The genome browser did not open: ${error.message}`;
  }
}

const button = panel?.querySelector("[data-open-browser]");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => openBrowser(button));
}

// The change stands in the middle where the sequence is wider than the screen.
const bases = document.querySelector(".bases");
const changed = bases?.querySelector(".changed");
if (changed) bases.scrollLeft = changed.offsetLeft - bases.clientWidth / 2;
