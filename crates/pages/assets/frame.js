// What all pages of apps share: who the app is, its colours, the theme, and the notes at the foot.

import { Fault, get, words } from "./api.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { isOurs, safe } from "./markdown.js";

/** Loads what the page needs, then hands it to `build`; says why where that fails. */
export async function open(build) {
  const place = document.getElementById("app");
  try {
    const [page, parameters] = await Promise.all([get("/site"), get("/parameters"), get("/meta")]);
    dress(page.site);
    place.className = "";
    fill(place, await build(page.site, parameters, page));
  } catch (fault) {
    place.className = "";
    fill(place, failure(fault));
  }
}

function failure(fault) {
  const gone = fault instanceof Fault && (fault.status === 404 || fault.code === "bad_request");
  const title = gone ? "This app is not shared any more" : "This page cannot be shown";
  const text = gone ? "Ask whoever gave you the link whether there is a new one." : words(fault);
  return h("main", { class: "notice" }, h("div", { class: "notice-card" },
    h("h1", null, title),
    h("p", { role: "alert" }, text),
    h("button", { type: "button", class: "button primary", onclick: () => location.reload() }, "Try again")));
}

// The grounds on which coloured words are hardest to read, in light and dark.
const GROUNDS = { light: "#ece7e3", dark: "#35302d" };
const LEGIBLE = 4.6;

/** Red, green and blue, of `#rgb`, `#rrggbb` or `#rrggbbaa`; `null`: it is no colour. */
function channels(colour) {
  const [digits] = /(?<=^#)(?:[\da-f]{3}|[\da-f]{6}|[\da-f]{8})$/i.exec(colour ?? "") ?? [];
  if (!digits) return null;
  const full = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16));
}

/** How light a colour is, from 0 to 1, as WCAG has it. */
function lightness(colour) {
  const [red, green, blue] = colour.map((channel) => (channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Whichever of black and white is easier to read on a colour. */
const inkOn = (colour) => (lightness(colour) > 0.179 ? "#000" : "#fff");

/** A colour, darkened or lightened until words of it can be read on a ground. */
function legible(colour, ground) {
  const behind = lightness(channels(ground)) + 0.05;
  const aim = behind > 0.5 ? 0 : 255;
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = colour.map((channel) => Math.round(channel + (aim - channel) * share));
    const own = lightness(mixed) + 0.05;
    if (Math.max(own, behind) / Math.min(own, behind) >= LEGIBLE) return `rgb(${mixed.join(" ")})`;
  }
  return aim === 0 ? "#000" : "#fff";
}

/** The site's own colour, for the parts that stand out. */
export function dress(site) {
  const colour = channels(site.chat_color_theme);
  if (!colour) return;
  const { style } = document.documentElement;
  style.setProperty("--accent", `rgb(${colour.join(" ")})`);
  style.setProperty("--on-accent", inkOn(colour));
  // Under the pointer it keeps away from its words.
  style.setProperty("--pressed", inkOn(colour) === "#000" ? "#fff" : "#000");
  style.setProperty("--link", `light-dark(${legible(colour, GROUNDS.light)}, ${legible(colour, GROUNDS.dark)})`);
  if (site.chat_color_theme_inverted) document.documentElement.dataset.inverted = "true";
}

/** The app's picture: an emoji, an image of this installation, or the first letter of its title. */
export function appIcon(site, size = "") {
  const url = site.icon_type === "image" ? safe(site.icon_url ?? "") : null;
  const box = h("span", { class: `app-icon ${size}`, "aria-hidden": "true" });
  if (url && isOurs(url)) box.append(h("img", { src: url.href, alt: "" }));
  else if (!["image", "link"].includes(site.icon_type) && site.icon && !/^[\w:-]+$/.test(site.icon)) box.append(site.icon);
  else box.append([...(site.title || "?")][0].toUpperCase());
  const ground = channels(site.icon_background);
  if (ground) {
    box.style.setProperty("background", `rgb(${ground.join(" ")})`);
    box.style.setProperty("color", inkOn(ground));
  }
  return box;
}

/** The switch between light and dark; the system's choice holds until it is used. */
export function themeSwitch() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const now = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  const button = iconButton("moon", "", { class: "icon-button theme-switch" });
  const label = () => {
    const other = now() === "dark" ? "light" : "dark";
    button.setAttribute("aria-label", `Use ${other} colours`);
    button.title = `Use ${other} colours`;
    fill(button, icon(other === "dark" ? "moon" : "sun"));
  };
  button.addEventListener("click", () => {
    const other = now() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = other;
    try {
      localStorage.setItem("ferrify:theme", other);
    } catch {
      // Then it lasts as long as the page.
    }
    label();
  });
  dark.addEventListener("change", label);
  label();
  return button;
}

/** What the maker of the app wants to be said. */
export function smallPrint(site, page) {
  const privacy = safe(site.privacy_policy ?? "");
  const parts = [
    site.copyright && h("span", null, `© ${site.copyright}`),
    site.privacy_policy && privacy && h("a", { href: privacy.href, target: "_blank", rel: "noopener noreferrer" }, "Privacy policy"),
    !page.custom_config?.remove_webapp_brand && h("span", { class: "brand" }, "Built with Ferrify"),
  ].filter(Boolean);
  return h("footer", { class: "small-print" },
    site.custom_disclaimer && h("p", null, site.custom_disclaimer),
    parts.length > 0 && h("p", { class: "small-parts" }, parts));
}
