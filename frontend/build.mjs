// Makes what browsers load, in a new folder: bundles with the hash of their content in their names,
// the icons as one sprite, pictures, each file compressed, the licences of what is inside, and a manifest.
//
//   node build.mjs FOLDER DIGEST      DIGEST stands for the sources; it is kept in the manifest

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const TYPES = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
};

const [folder, digest] = process.argv.slice(2);

/** Return the files directly in a folder of the sources: each is an entry point. */
function entryPoints(name, extension) {
  return readdirSync(join(HERE, name))
    .filter((file) => extname(file) === extension)
    .map((file) => join(HERE, name, file));
}

/** Bundle scripts and styles; return the metafile of esbuild, with paths relative to the folder. */
async function bundle() {
  const result = await esbuild.build({
    absWorkingDir: HERE,
    entryPoints: [...entryPoints("src", ".js"), ...entryPoints("styles", ".css")],
    outdir: folder,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["chrome123", "firefox121", "safari17.5"],
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  return result.metafile;
}

/** Write the icons named in `icons.txt` as symbols of one file; return its name. */
function sprite() {
  const set = createRequire(import.meta.url)("@iconify-json/lucide/icons.json");
  const names = readFileSync(join(HERE, "icons.txt"), "utf8").split("\n").filter(Boolean);
  const symbols = names.map((name) => {
    const icon = set.icons[name];
    if (!icon) throw new Error(`icons.txt: there is no icon ${name} in the set`);
    return `<symbol id="${name}" viewBox="0 0 ${set.width} ${set.height}">${icon.body}</symbol>`;
  });
  const text = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
  return written("icons", ".svg", text);
}

/** Write the licences of the packages that the bundles hold; return the name of the file. */
function licences(inputs) {
  const packages = new Set(["@iconify-json/lucide"]);
  for (const input of Object.keys(inputs)) {
    const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
  const texts = [...packages].sort().map((name) => {
    const home = join(HERE, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    const file = readdirSync(home).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? readFileSync(join(home, file), "utf8").trim() : "";
    return `${name} ${version} (${license})\n\n${text}`.trim();
  });
  return written("licences", ".txt", `${texts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
}

function written(name, extension, text) {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase();
  const file = `${name}-${hash}${extension}`;
  writeFileSync(join(folder, file), text);
  return file;
}

/** Write the compressed forms of a file; return what the manifest says of it. */
function compressed(file, imports = []) {
  const content = readFileSync(join(folder, file));
  const gzip = gzipSync(content, { level: 9 });
  const brotli = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  writeFileSync(join(folder, `${file}.gz`), gzip);
  writeFileSync(join(folder, `${file}.br`), brotli);
  const of = (kind) =>
    imports.filter((each) => each.kind === kind).map((each) => basename(each.path));
  return {
    type: TYPES[extname(file)],
    bytes: content.length,
    gzip: gzip.length,
    brotli: brotli.length,
    imports: of("import-statement"),
    later: of("dynamic-import"),
  };
}

async function main() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const metafile = await bundle();
  const entries = {};
  const files = {};
  for (const [path, output] of Object.entries(metafile.outputs)) {
    const file = relative(folder, join(HERE, path));
    files[file] = compressed(file, output.imports);
    if (output.entryPoint) entries[basename(output.entryPoint)] = file;
  }
  entries["icons.svg"] = sprite();
  entries["licences.txt"] = licences(metafile.inputs);
  for (const name of ["icons.svg", "licences.txt"])
    files[entries[name]] = compressed(entries[name]);
  for (const path of entryPoints("images", ".svg")) {
    const name = basename(path);
    entries[name] = written(name.replace(".svg", ""), ".svg", readFileSync(path, "utf8"));
    files[entries[name]] = compressed(entries[name]);
  }
  const manifest = { sources: digest, entries, files };
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
}

await main();
