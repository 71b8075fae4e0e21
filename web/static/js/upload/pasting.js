// The sheet for pasted variants: says what was understood while it is typed, makes a file of it.
import { vcfOf } from "./paste.js";
import { some } from "./words.js";

const MOST_FAULTS = 3;

export class Pasting {
  /** `dialog` is the sheet; `take` is given the file. */
  constructor(dialog, take) {
    this.dialog = dialog;
    this.text = dialog.querySelector("textarea");
    this.said = dialog.querySelector("[role=status]");
    this.add = dialog.querySelector("[data-part=add]");
    this.number = 0;
    this.text.addEventListener("input", () => this.#read());
    dialog.querySelector("[data-part=close]").addEventListener("click", () => dialog.close());
    dialog.querySelector("form").addEventListener("submit", () => {
      take(this.#file());
      this.text.value = "";
    });
  }

  open(text) {
    if (text) this.text.value = text;
    this.#read();
    this.dialog.showModal();
    this.text.focus();
  }

  #read() {
    const { variants, faults } = (this.made = vcfOf(this.text.value));
    this.add.disabled = !variants || faults.length > 0;
    if (!variants && !faults.length) this.said.textContent = "";
    else if (!faults.length) this.said.textContent = `${some(variants, "variant")} understood.`;
    else {
      const lines = faults
        .slice(0, MOST_FAULTS)
        .map(({ number, line }) => `line ${number} (“${line}”)`);
      const more = faults.length > MOST_FAULTS ? ` and ${faults.length - MOST_FAULTS} more` : "";
      const isName = faults.some(({ line }) => /^rs\d+$/i.test(line));
      const remedy = isName
        ? "An rs number alone does not tell place and alleles: look it up under Variants first."
        : "Write one variant per line, such as 20:4680251 A G.";
      this.said.textContent = `Not understood: ${lines.join(", ")}${more}. ${remedy}`;
    }
  }

  #file() {
    this.number += 1;
    const name = this.number > 1 ? `pasted-${this.number}.vcf` : "pasted.vcf";
    return new File([this.made.text], name, { type: "text/plain" });
  }
}
