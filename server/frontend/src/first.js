// Runs before anything is painted, so that no page shows itself in another theme than the chosen one.
import { kept } from "./kept.js";

const theme = kept("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
