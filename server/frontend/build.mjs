// Bundles src/ into the folder named as the only argument: app.js, first.js, app.css, and the licences of what went in.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const out = process.argv[2];

await build({
  entryPoints: ["src/app.js", "src/first.js"],
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none", // licenses.txt has them whole
  logLevel: "warning",
});

const { dependencies } = JSON.parse(await readFile("package.json", "utf8"));
const notices = Object.keys(dependencies).map(async (name) => {
  const licence = await readFile(join("node_modules", name, "LICENSE"), "utf8");
  return `${name}\n${"=".repeat(name.length)}\n\n${licence.trim()}\n`;
});
await writeFile(join(out, "licenses.txt"), (await Promise.all(notices)).join("\n\n"));
