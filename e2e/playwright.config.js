// How the browser tests run: `npm ci && npx playwright test` in this folder. They need Go, and a Chromium: Debian's, or the one
// that CHROMIUM names.
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
if (!executablePath) throw new Error("There is no Chromium: install Debian's package chromium, or name one by CHROMIUM.");

export default defineConfig({
	testDir: "tests",
	globalSetup: "./demo.js",
	outputDir: ".work/results",
	timeout: 60_000,
	expect: { timeout: 15_000 },
	workers: 2,
	fullyParallel: true,
	forbidOnly: Boolean(process.env.SATCHEL_CI),
	retries: 0,
	reporter: [["list"]],
	use: {
		browserName: "chromium",
		// As root, which a clean machine is, Chromium runs only without its sandbox; it opens nothing but our own pages.
		launchOptions: { executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] },
		locale: "en-GB",
		timezoneId: "Europe/Belgrade",
		viewport: { width: 1280, height: 850 },
		// A colour that is on its way from one to another is neither; whoever looks finds what is there to stay.
		contextOptions: { reducedMotion: "reduce" },
		screenshot: "only-on-failure",
	},
});
