// The one script of every page.
import "./htmx.js"; // first: idiomorph's extension, in morph.js, registers itself with it
import "./app.css";
import { obeyButtons } from "./actions.js";
import { drawCharts } from "./charts/index.js";
import { watchConnection } from "./connection.js";
import { drawFlame } from "./flame/page.js";
import { offerHelp } from "./help.js";
import { obeyKeys } from "./keyboard.js";
import { keepLists } from "./lists/lists.js";
import { printLists } from "./lists/paper.js";
import { keepLive } from "./live.js";
import { placeMenus } from "./menu.js";
import { keepMoments } from "./moments.js";
import { morphGently } from "./morph.js";
import { offerSearch } from "./palette.js";
import { lookBack } from "./past.js";
import { pollThrifty } from "./polls.js";
import { followTheme } from "./theme.js";
import { dragThresholds } from "./thresholds.js";
import { walk } from "./walking.js";

morphGently();
pollThrifty();
keepLists(); // after it: a list may have to take back what its poll says
printLists();
watchConnection();
keepMoments();
followTheme();
obeyButtons();
obeyKeys();
walk();
offerHelp();
offerSearch();
placeMenus();
lookBack();
keepLive();
drawCharts();
drawFlame();
dragThresholds();
