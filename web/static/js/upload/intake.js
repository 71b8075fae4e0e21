// How files come onto the page: chosen, dropped anywhere, pasted. Hands over [{file, handle}].

const handleSupport = "showOpenFilePicker" in window;

async function fromHandles(handles) {
  return Promise.all(
    handles
      .filter((handle) => handle.kind === "file")
      .map(async (handle) => ({ file: await handle.getFile(), handle })),
  );
}

/** The browser's dialog; Chromium also gives a way back to the file after a reload. */
export async function choose(input) {
  if (!handleSupport) {
    input.click();
    return [];
  }
  try {
    return await fromHandles(await window.showOpenFilePicker({ multiple: true }));
  } catch (error) {
    if (error.name === "AbortError") return []; // closed without a choice
    input.dataset.plain = "true";
    input.click();
    return [];
  }
}

/** Lets `input` hand over what is chosen with it. */
export function watchInput(input, take) {
  input.addEventListener("click", async (event) => {
    if (!handleSupport || input.dataset.plain) return;
    event.preventDefault();
    take(await choose(input));
  });
  const read = () => {
    const files = Array.from(input.files, (file) => ({ file, handle: null }));
    input.value = ""; // the same file can be chosen once more
    take(files);
  };
  input.addEventListener("change", read);
  // Some browsers keep the choice when a page is loaded again.
  if (input.files.length) read();
}

/** Makes the whole page a place to drop files on; `landing` lies over it meanwhile. */
export function watchDrops(landing, take, complain) {
  let depth = 0;
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = (shown) => {
    if (!shown) depth = 0;
    landing.hidden = !shown;
  };
  window.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth += 1;
    show(true);
  });
  window.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  window.addEventListener("dragleave", () => {
    depth -= 1;
    if (depth <= 0) show(false);
  });
  window.addEventListener("drop", async (event) => {
    show(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    // All of it must be asked for before the event is over.
    const dropped = Array.from(event.dataTransfer.items)
      .filter((item) => item.kind === "file")
      .map((item) => ({
        file: item.getAsFile(),
        folder: item.webkitGetAsEntry?.()?.isDirectory,
        handle: item.getAsFileSystemHandle?.() ?? null,
      }));
    const files = dropped.filter(({ folder, file }) => !folder && file);
    if (files.length < dropped.length) complain("A folder cannot be sent. Drop the files in it.");
    take(
      await Promise.all(
        files.map(async ({ file, handle }) => ({ file, handle: await handleOrNull(handle) })),
      ),
    );
  });
}

async function handleOrNull(handle) {
  try {
    return await handle;
  } catch {
    return null; // some files have none, such as those dragged out of another program
  }
}

/** Takes files and variants that are pasted outside of any field. */
export function watchPaste(take, takeText) {
  window.addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea, select")) return;
    const files = Array.from(event.clipboardData.files, (file) => ({ file, handle: null }));
    const text = event.clipboardData.getData("text/plain");
    if (files.length) take(files);
    else if (/\d/.test(text) && /[ACGT]/i.test(text)) takeText(text);
    else return;
    event.preventDefault();
  });
}
