// Builds every bundle named under "gas" in package.json from entries/NAME.js (or copies one ready
// file of the package), and writes beside them the licences and vendor.json, which a test checks.
// The same package-lock.json gives the same bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "node_modules");
const SETTINGS = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8")).gas;

const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Name, version, licence and licence text of an installed package. */
function describe(name) {
  const folder = join(MODULES, name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  const text = texts.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
  return { name, version, licence: license ?? "see the text", text: text || `Licence: ${license}` };
}

/** `@scope/name` or `name` of the package that a bundled file comes from; null for our own. */
function packageOf(path) {
  const inside = path.split("node_modules/").at(-1);
  if (inside === path) return null;
  return inside.split("/").slice(0, inside.startsWith("@") ? 2 : 1).join("/");
}

/** An esbuild plugin that makes the changes of patches/NAME.mjs, and fails where one does not fit. */
async function patching(name) {
  const { file, replacements } = await import(`./patches/${name}.mjs`);
  return {
    name: "patches",
    setup(bundle) {
      bundle.onLoad({ filter: file }, ({ path }) => {
        let text = readFileSync(path, "utf8");
        for (const { why, old, new: replacement, times = 1 } of replacements) {
          const parts = text.split(old);
          if (parts.length - 1 !== times) throw new Error(`${why}: ${parts.length - 1} places`);
          text = parts.join(replacement);
        }
        return { contents: text, loader: "js" };
      });
    },
  };
}

/** The files of one bundle, as [ending, bytes], and the packages that went into it. */
async function make(name, { package: main, copy, patched }) {
  if (copy) return { outputs: [[".js", readFileSync(join(MODULES, main, copy))]], inside: [main] };
  const result = await build({
    absWorkingDir: HERE,
    entryPoints: [`entries/${name}.js`],
    outdir: "out",
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    plugins: patched ? [await patching(name)] : [],
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const outputs = result.outputFiles.map((file) => [/\.[a-z]+$/.exec(file.path)[0], file.contents]);
  const used = Object.values(result.metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  return { outputs, inside: [...new Set(used.map(packageOf))].filter(Boolean) };
}

for (const [target, bundles] of Object.entries(SETTINGS.bundles)) {
  const folder = join(HERE, target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const entries = [];
  for (const [name, settings] of Object.entries(bundles)) {
    const { outputs, inside } = await make(name, settings);
    const packages = inside.map(describe).sort(byName);
    const { version, licence } = packages.find((one) => one.name === settings.package);
    const stem = `${name}-${version}`;
    const files = outputs.map(([ending, bytes]) => {
      writeFileSync(join(folder, stem + ending), bytes);
      return {
        file: stem + ending,
        bytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      };
    });
    writeFileSync(
      join(folder, `${stem}.LICENCES.txt`),
      packages.map((one) => `${one.name} ${one.version}\n\n${one.text}\n`).join(`\n${"-".repeat(80)}\n\n`),
    );
    entries.push({
      name,
      version,
      licence,
      licences: `${stem}.LICENCES.txt`,
      files,
      packages: packages.map(({ name, version, licence }) => ({ name, version, licence })),
    });
    console.log(`${basename(target)}/${stem}: ${files.map((f) => `${f.file} ${f.bytes}`).join(", ")}`);
  }
  entries.sort(byName);
  writeFileSync(join(folder, "vendor.json"), `${JSON.stringify({ bundles: entries }, null, 2)}\n`);
}
