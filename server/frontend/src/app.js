// The one script of every page.
import "./htmx.js"; // first: idiomorph's extension registers itself with window.htmx
import "idiomorph/htmx";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./app.css";

window.uPlot = uPlot;
