// Takes the pictures of the README: `npm run pictures` in this folder, once the tests ran, which make the demo that is shown.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import config from "./playwright.config.js";
import { Office, adminPassword, logIn } from "./office.js";

const into = path.join(path.dirname(fileURLToPath(import.meta.url)), "../docs/pictures");

/** Opens the first item of a kind that waits for a decision. */
async function firstOf(page, kind) {
	await page.goto(`/review?kind=${kind}`);
	await page.goto(await page.locator("a.item").first().getAttribute("href"));
}

/** A tablet that is being brought in: its holder has it in the hand, and the board shows it. */
async function bringIn(page, office) {
	await page.goto("/tablets/invite");
	await page.getByLabel("Name of the tablet").fill("Tablet 7");
	await page.getByLabel("Holder").selectOption({ label: "Worker of nis (nis)" });
	await page.getByLabel("Niš", { exact: true }).first().check();
	await page.getByRole("button", { name: "Make the codes" }).click();
	const device = await office.tablet("seven", await page.locator(".code").textContent());
	await device("sync");
}

const pictures = {
	tablets: async (page, office) => {
		await bringIn(page, office);
		await page.goto("/tablets");
	},
	review: (page) => page.goto("/review"),
	conflict: async (page) => {
		await firstOf(page, "conflict");
		await page.getByRole("link", { name: "Next" }).click();
	},
	duplicate: (page) => firstOf(page, "duplicate"),
	household: async (page) => {
		await firstOf(page, "over_delivery");
		await page.getByRole("link", { name: "All that is known of the household" }).click();
	},
	programme: (page) => page.goto("/programme"),
};

const office = await Office.open();
const browser = await chromium.launch(config.use.launchOptions);
const page = await browser.newPage({ baseURL: office.url, locale: "en-GB", viewport: { width: 1280, height: 860 } });
await logIn(page, "admin", await adminPassword());
for (const [name, go] of Object.entries(pictures)) {
	await go(page, office);
	await page.waitForLoadState("load");
	await page.screenshot({ path: path.join(into, `${name}.png`) });
	console.log(name);
}
await browser.close();
await office.close();
