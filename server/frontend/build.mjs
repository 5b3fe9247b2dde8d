// Bundles src/ into the folder named as the only argument: app.js and app.css, nothing else.
import { build } from "esbuild";

await build({
  entryPoints: ["src/app.js"],
  outdir: process.argv[2],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "eof",
  logLevel: "warning",
});
