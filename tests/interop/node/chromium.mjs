// The browser of the tests.
import { chromium } from "playwright-core";

/** No network of its own: what it looks up by itself would only fail. */
const QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Starts headless Chromium. It does not run as root within its own sandbox. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: QUIET, chromiumSandbox: process.getuid() !== 0 });
}
