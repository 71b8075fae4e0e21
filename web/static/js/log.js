// The log: filters its lines while somebody types, and copies those that are shown.
const field = document.getElementById("log-filter");
const count = document.getElementById("log-count");
const none = document.getElementById("log-none");
const copy = document.getElementById("copy");
const lines = [...document.querySelectorAll("#log li")].map((item) => ({
  item,
  text: item.textContent.toLocaleLowerCase(),
}));
const numbers = new Intl.NumberFormat("en");

function filter() {
  const wanted = field.value.trim().toLocaleLowerCase();
  let shown = 0;
  for (const { item, text } of lines) {
    item.hidden = !text.includes(wanted);
    if (!item.hidden) shown += 1;
  }
  const of = shown === lines.length ? "" : ` of ${numbers.format(lines.length)}`;
  count.textContent = `${numbers.format(shown)}${of} line${lines.length === 1 ? "" : "s"}`;
  none.hidden = shown > 0;
}

// The server filtered already if it was asked to: then there is more than what is here.
const filtered = field.value !== "";
if (!filtered) {
  document.getElementById("log-go").hidden = true;
  field.addEventListener("input", filter);
  document.getElementById("log-search").addEventListener("submit", (event) => event.preventDefault());
}

copy.hidden = !navigator.clipboard;
copy.addEventListener("click", async () => {
  const shown = lines.filter(({ item }) => !item.hidden).map(({ item }) => item.textContent);
  await navigator.clipboard.writeText(`${shown.join("\n")}\n`);
  copy.textContent = "Copied";
  setTimeout(() => (copy.textContent = "Copy"), 2000);
});
