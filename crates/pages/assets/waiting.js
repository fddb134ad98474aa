// A form of a run that waits, for whoever was given its link. Nobody is asked who they are.

import { Fault, openly, words } from "./api.js";
import { announce, fill, h } from "./dom.js";
import { appIcon, dress, smallPrint, themeSwitch } from "./frame.js";
import { humanForm } from "./human.js";

const TOKEN = document.documentElement.dataset.code;
const PATH = `/form/human_input/${encodeURIComponent(TOKEN)}`;
const place = document.getElementById("app");

const notice = (title, text) => h("main", { class: "notice" }, h("div", { class: "notice-card" }, h("h1", null, title), h("p", { role: "alert" }, text)));

try {
  const form = await openly("GET", PATH);
  const { site } = form.site;
  dress(site);
  document.title = `Form · ${site.title}`;
  const shown = humanForm({ ...form, form_id: TOKEN, form_token: TOKEN, node_title: "Please fill this in" }, () => {
    announce("Thank you. It goes on now.");
    fill(main, h("div", { class: "notice-card" }, h("h2", null, "Thank you"), h("p", { tabindex: "-1" }, "Your answer was taken. You may close this page.")));
  }, (path, json) => openly("POST", path, { json }));
  const main = h("div", { class: "form-page-body" }, shown.element);
  place.className = "";
  fill(place, h("main", { class: "run-page form-page" },
    h("header", { class: "run-head" }, appIcon(site), h("div", { class: "run-titles" }, h("h1", null, site.title)), themeSwitch()),
    main,
    smallPrint(site, form.site)));
} catch (fault) {
  const closed = fault instanceof Fault && (fault.status === 404 || fault.status === 412);
  place.className = "";
  fill(place, closed ? notice("This form is closed", "It was filled in already, its time is over, or the link is wrong.") : notice("This form cannot be shown", words(fault)));
}
