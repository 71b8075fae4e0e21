// A change of more jobs than one request does: goes on by itself, unless somebody leaves.
const form = document.querySelector("#going-on form");
setTimeout(() => form.requestSubmit(), 600);
form.addEventListener("submit", () => {
  form.querySelector("button").disabled = true;
});
form.querySelector("a").addEventListener("click", () => form.remove());
