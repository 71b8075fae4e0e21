// What igv.js must not do on our pages: write style elements (the policy allows no inline styles),
// show images from data: addresses, ask other hosts. And one thing it must learn: to take the
// sequence from a function. Each old text has to occur exactly `times` (1) in the file, or the
// build stops: a new version is looked at before it is shipped.
export const file = /node_modules\/igv\/dist\/igv\.esm\.js$/;

export const replacements = [
  {
    why: "names and values of a popup are text: an ALT of a user's file may read like markup",
    old: "function formatPopoverText(nameValues) {",
    new: `function formatPopoverText(nameValues) {

    const escaped = (value) => String(value).replace(/[&<>"']/g, (c) => \`&#\${c.charCodeAt(0)};\`);`,
  },
  {
    why: "the same, a name with its value",
    old: "const str = `<span>${nameValue.name}</span>&nbsp&nbsp&nbsp${nameValue.value}`;",
    new: "const str = `<span>${escaped(nameValue.name)}</span>&nbsp&nbsp&nbsp${escaped(nameValue.value)}`;",
  },
  {
    why: "the same, the title of a value",
    old: 'return `<div title="${nameValue.value}">${str}</div>`',
    new: 'return `<div title="${escaped(nameValue.value)}">${str}</div>`',
  },
  {
    why: "the same, a value without a name",
    old: 'return `<div title="${nameValue}">${nameValue}</div>`',
    new: 'return `<div title="${escaped(nameValue)}">${escaped(nameValue)}</div>`',
  },
  {
    why: "a reader of sequences instead of a file",
    old: `if ("chromsizes" === reference.format) {`,
    new: `if (reference.reader) {
        fasta = new CachedSequence(reference.reader, browser);
    } else if ("chromsizes" === reference.format) {`,
  },
  {
    why: "no style element for the colour picker, which is not used",
    old: "document.documentElement.firstElementChild.appendChild(style);",
    new: "",
  },
  {
    why: "no style element for the circular view, which is not used",
    old: "document.head.insertBefore(style, document.head.childNodes[ document.head.childNodes.length - 1 ]);",
    new: "",
  },
  {
    why: "no inline style for lines in menus and popups",
    old: /<hr style="[^"]*"\s*\/?>/g,
    new: "<hr>",
    times: 6,
  },
  {
    why: "buttons with words instead of images from data: addresses",
    old: "const key = 'igv-navbar-icon-button' === navbarButtonCSSClass ? 'image' : 'text';",
    new: "const key = 'text';",
  },
  {
    why: "no table of other hosts' addresses",
    old: "async function lookupMapping(url) {",
    new: "async function lookupMapping(url) {\n    return undefined",
  },
  { why: "no other host", old: `"https://igv.org/data/url_mappings.tsv"`, new: `""` },
  { why: "no other host", old: `"https://igv.org/genomes/genomes3.json"`, new: `""` },
  {
    why: "no other host",
    old: `"https://raw.githubusercontent.com/igvteam/igv-data/refs/heads/main/genomes/web/genomes.json"`,
    new: `""`,
  },
  {
    why: "no other host",
    old: `'https://igv.org/genomes/locus.php?genome=$GENOME$&name=$FEATURE$'`,
    new: `''`,
  },
  { why: "no other host", old: `"https://igv.org/services/blatUCSC.php"`, new: `""`, times: 2 },
];
