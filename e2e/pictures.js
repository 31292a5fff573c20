// Takes the pictures of the README and docs/tablets.md: `npm run pictures` in this folder, once the tests ran, which make the demo that is shown.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import config from "./playwright.config.js";
import { enrol, openHousehold, phone, practise, sign } from "./fieldapp.js";
import { Office, adminPassword, logIn, openTablet } from "./office.js";

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

/** Takes a picture of the field app. */
const shot = async (tablet, name) => {
	await tablet.screenshot({ path: path.join(into, `app-${name}.png`) });
	console.log(`app-${name}`);
};
const hand = { baseURL: office.url, locale: "en-GB", deviceScaleFactor: 2, reducedMotion: "reduce", ...phone };

// On a tablet of the demo's office: that everything is sent, and one of its families.
const field = await browser.newPage(hand);
await enrol(field, office);
await shot(field, "home");
await field.getByRole("button", { name: /^Everything is sent/ }).click();
await field.getByText("Safe to leave").waitFor();
await shot(field, "safe");

// Among families to practise with: what is due, a delivery, its proof, and that it was received.
const practice = await browser.newPage(hand);
await practise(practice);
await shot(practice, "household");
await practice.getByRole("button", { name: "Deliver" }).click();
await practice.getByRole("button", { name: "Next" }).waitFor();
await shot(practice, "deliver");
await practice.getByRole("button", { name: "Next" }).click();
await practice.getByRole("button", { name: /Radmila/ }).click();
await sign(practice);
await shot(practice, "proof");
await practice.getByRole("button", { name: "Confirm delivery" }).click();
await practice.getByRole("region", { name: "Delivered" }).waitFor();
await shot(practice, "receipt");
await browser.close();
await office.close();

// Of an office with an authority of its own: what the tablet shows, and what the coordinator does. Only a tablet finds its name.
const secure = await Office.openSecure("satchel.office.lan");
const tablet = await openTablet(secure, true);
await tablet.page.goto(`${secure.url}/enrol#code=7K2M-QF9D-0XWB`);
await tablet.page.locator(".notice.good").waitFor();
await tablet.page.screenshot({ path: path.join(into, "enrol.png") });
await tablet.page.setViewportSize({ width: 1100, height: 700 });
await tablet.page.goto(`${secure.url}/login?next=/tablets/invite`);
await tablet.page.fill("#login", "admin");
await tablet.page.fill("#password", await adminPassword());
await tablet.page.click("main button.primary");
await tablet.page.getByRole("heading", { name: "A new tablet first has to trust this office" }).waitFor();
await tablet.page.screenshot({ path: path.join(into, "invite.png") });
await tablet.close();
await secure.close();
