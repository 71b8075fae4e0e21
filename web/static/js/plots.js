// Exports a plot as SVG or PNG. The plots themselves are drawn by the server and need no script.
const INSET = 16;
const TITLE_HEIGHT = 34;
const SCALE = 3; // pixels of the PNG per unit of the drawing
const PAINTED = ["fill", "stroke", "stroke-width", "opacity"];

/** The drawing with its title, as a document of its own: colours written out, nothing to click. */
function standAlone(figure) {
  const shown = figure.querySelector("svg");
  const [, , width, height] = shown.getAttribute("viewBox").split(" ").map(Number);
  const copy = shown.cloneNode(true);
  const originals = shown.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, number) => {
    const style = getComputedStyle(originals[number]);
    for (const name of PAINTED) element.setAttribute(name, style.getPropertyValue(name));
  });
  copy.querySelectorAll(".hit").forEach((element) => element.remove());
  const svg = make("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${width + 2 * INSET} ${height + 2 * INSET + TITLE_HEIGHT}`,
    width: width + 2 * INSET,
    height: height + 2 * INSET + TITLE_HEIGHT,
    "font-family": "system-ui, sans-serif",
  });
  const page = getComputedStyle(figure);
  svg.append(make("rect", { width: "100%", height: "100%", fill: page.backgroundColor }));
  const title = make("text", { x: INSET, y: INSET + 14, "font-size": 15, fill: page.color });
  title.setAttribute("font-weight", "650");
  title.textContent = figure.querySelector("h3").textContent;
  const drawing = make("g", { transform: `translate(${INSET} ${INSET + TITLE_HEIGHT})` });
  for (const child of [...copy.childNodes]) {
    if (child.nodeType === Node.ELEMENT_NODE) drawing.append(unlinked(child));
  }
  svg.append(title, drawing);
  return svg;
}

function make(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function unlinked(element) {
  if (element.tagName !== "a" && element.tagName !== "g") return element;
  const group = make("g", {});
  group.append(...element.childNodes);
  return group;
}

/** Paints the drawing. The policy lets no page show an image made by a script, so no <img> helps. */
function paint(svg) {
  const canvas = document.createElement("canvas");
  canvas.width = svg.getAttribute("width") * SCALE;
  canvas.height = svg.getAttribute("height") * SCALE;
  const pen = canvas.getContext("2d");
  pen.scale(SCALE, SCALE);
  paintAll(pen, svg, canvas);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function paintAll(pen, parent, canvas) {
  for (const element of parent.children) {
    const at = (name) => Number(element.getAttribute(name) ?? 0);
    const fill = element.getAttribute("fill");
    pen.globalAlpha = Number(element.getAttribute("opacity") ?? 1);
    if (element.tagName === "g") {
      const moved = /translate\(([\d.]+) ([\d.]+)\)/.exec(element.getAttribute("transform") ?? "");
      pen.save();
      if (moved) pen.translate(Number(moved[1]), Number(moved[2]));
      paintAll(pen, element, canvas);
      pen.restore();
    } else if (element.tagName === "rect") {
      pen.fillStyle = fill;
      const whole = element.getAttribute("width") === "100%";
      pen.beginPath();
      if (whole) pen.rect(0, 0, canvas.width, canvas.height);
      else pen.roundRect(at("x"), at("y"), at("width"), at("height"), at("rx"));
      pen.fill();
    } else if (element.tagName === "line") {
      pen.strokeStyle = element.getAttribute("stroke");
      pen.lineWidth = parseFloat(element.getAttribute("stroke-width")) || 1;
      pen.beginPath();
      pen.moveTo(at("x1"), at("y1"));
      pen.lineTo(at("x2"), at("y2"));
      pen.stroke();
    } else if (element.tagName === "text") {
      const anchor = element.getAttribute("text-anchor");
      pen.fillStyle = fill;
      pen.textAlign = anchor === "end" ? "right" : anchor === "middle" ? "center" : "left";
      const weight = element.getAttribute("font-weight") ?? "400";
      pen.font = `${weight} ${at("font-size")}px system-ui, sans-serif`;
      pen.fillText(element.textContent, at("x"), at("y"));
    }
  }
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function exportAs(figure, kind) {
  const svg = standAlone(figure);
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}`;
  const blob = kind === "svg" ? new Blob([text], { type: "image/svg+xml" }) : await paint(svg);
  const page = document.querySelector("h1").textContent.trim().replace(/[^\w.-]+/g, "_");
  save(blob, `${page}-${figure.dataset.plot}.${kind}`);
}

/** Gives each plot below `root` its buttons. */
export function installExports(root) {
  for (const figure of root.querySelectorAll("[data-plot]")) {
    const tools = document.createElement("div");
    tools.className = "plot-tools";
    const title = figure.querySelector("h3").textContent;
    for (const kind of ["svg", "png"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = kind.toUpperCase();
      button.setAttribute("aria-label", `Save ${title} as ${kind.toUpperCase()}`);
      button.addEventListener("click", () => exportAs(figure, kind));
      tools.append(button);
    }
    figure.querySelector(".plot-body").append(tools);
  }
}

installExports(document);
