// The one script of every page.
import "./htmx.js"; // first: idiomorph's extension registers itself with window.htmx
import "idiomorph/htmx";
import "./app.css";
import { keepAges } from "./ages.js";
import { watchConnection } from "./connection.js";
import { morphGently } from "./morph.js";
import { pollThrifty } from "./polls.js";

morphGently();
pollThrifty();
watchConnection();
keepAges();
