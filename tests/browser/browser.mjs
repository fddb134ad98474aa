// Finds a Chromium, or gets one: the one that is named, one on the path, one from the package manager (as root), or
// Playwright's own, which is kept beside this file.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chromium-headless-shell"];
process.env.PLAYWRIGHT_BROWSERS_PATH ??= path.join(import.meta.dirname, "browsers");

function onPath() {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) => existsSync(file));
}

function installed() {
  const own = chromium.executablePath();
  return process.env.FERRIFY_CHROMIUM ?? onPath() ?? (own && existsSync(own) ? own : undefined);
}

function install() {
  if (process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0) {
    spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore" });
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
    if (onPath()) return;
  }
  execFileSync(process.execPath, [path.join(import.meta.dirname, "node_modules", "playwright-core", "cli.js"), "install", "chromium"], { stdio: ["ignore", "ignore", "inherit"] });
}

/** A running headless Chromium. */
export async function launch() {
  if (!installed()) install();
  const executablePath = installed();
  if (!executablePath) throw new Error("there is no Chromium, and none could be installed: install one, or name it in FERRIFY_CHROMIUM");
  // The sandbox of Chromium refuses to work for root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}
