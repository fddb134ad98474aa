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

/** The site's own colour, for the parts that stand out. */
export function dress(site) {
  const colour = /^#(?:[\da-f]{3}|[\da-f]{6})$/i.exec(site.chat_color_theme ?? "")?.[0];
  if (!colour) return;
  const full = colour.length === 4 ? colour.replace(/[\da-f]/gi, "$&$&") : colour;
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const style = document.documentElement.style;
  style.setProperty("--accent", full);
  // Whichever of black and white is easier to read on it.
  style.setProperty("--on-accent", light > 0.179 ? "#000" : "#fff");
  if (site.chat_color_theme_inverted) document.documentElement.dataset.inverted = "true";
}

/** The app's picture: an emoji, an image of this installation, or the first letter of its title. */
export function appIcon(site, size = "") {
  const url = site.icon_type === "image" ? safe(site.icon_url ?? "") : null;
  const box = h("span", { class: `app-icon ${size}`, "aria-hidden": "true" });
  if (url && isOurs(url)) box.append(h("img", { src: url.href, alt: "" }));
  else if (!["image", "link"].includes(site.icon_type) && site.icon && !/^[\w:-]+$/.test(site.icon)) box.append(site.icon);
  else box.append([...(site.title || "?")][0].toUpperCase());
  if (/^#[\da-f]{3,8}$/i.test(site.icon_background ?? "")) box.style.setProperty("background", site.icon_background);
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
