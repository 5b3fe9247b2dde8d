// The one script of every page.
import "./htmx.js"; // first: idiomorph's extension, in morph.js, registers itself with it
import "./app.css";
import { keepAges } from "./ages.js";
import { watchConnection } from "./connection.js";
import { morphGently } from "./morph.js";
import { pollThrifty } from "./polls.js";

morphGently();
pollThrifty();
watchConnection();
keepAges();
