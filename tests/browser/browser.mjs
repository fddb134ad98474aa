// Finds a Chromium, or gets one: the one that is named, one on the path, Playwright's own beside this file; else from the
// package manager (as root), else Playwright's.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chromium-headless-shell"];
const isRoot = process.getuid?.() === 0;
process.env.PLAYWRIGHT_BROWSERS_PATH ??= path.join(import.meta.dirname, "browsers");

function candidates() {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [process.env.FERRIFY_CHROMIUM, ...onPath, chromium.executablePath()].filter((file) => file && existsSync(file));
}

/** The first that starts: some distributions have a program of that name that only says where to get one. */
async function start() {
  for (const executablePath of new Set(candidates())) {
    try {
      // The sandbox of Chromium refuses to work for root. The microphone is one that beeps.
      const args = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", ...(isRoot ? ["--no-sandbox"] : [])];
      return await chromium.launch({ executablePath, args });
    } catch (error) {
      console.error(`${executablePath} does not start: ${error.message}`);
    }
  }
  return null;
}

/** Installs one with the package manager; why it could not. */
function fromPackages() {
  if (!isRoot) return "the package manager is for root";
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...words) => {
    const { status, stderr, error } = spawnSync("apt-get", ["-qq", ...words], { env, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
    return status === 0 ? null : `apt-get ${words[0]}: ${error?.message ?? stderr.trim()}`;
  };
  // Lists that cannot be renewed may do.
  const stale = apt("update");
  const failed = apt("install", "-y", "--no-install-recommends", "chromium");
  return failed && [stale, failed].filter(Boolean).join("; ");
}

/** Has Playwright fetch its own; why it could not. */
function fromPlaywright() {
  const program = path.join(import.meta.dirname, "node_modules", "playwright-core", "cli.js");
  const { status, stderr } = spawnSync(process.execPath, [program, "install", "chromium"], { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  const reason = /^(?:Error|error): .*$/m.exec(stderr ?? "")?.[0] ?? `it ended with ${status}`;
  return status === 0 ? null : `playwright install: ${reason}`;
}

/** A running headless Chromium. */
export async function launch() {
  const failed = [];
  for (const get of [() => null, fromPackages, fromPlaywright]) {
    const reason = get();
    if (reason) failed.push(reason);
    const browser = await start();
    if (browser) return browser;
  }
  throw new Error(`there is no Chromium, and none could be installed: install one, or name it in FERRIFY_CHROMIUM (${failed.join("; ")})`);
}
