// What the tests of the field app share: a tablet of the worker of Klina, and hands that are cold.
import { expect, expectForEverybody, expectWords } from "./office.js";

/** pin is what opens every tablet of the tests. */
export const pin = "246813";

/** phone is a small tablet in a yard, with a position. */
export const phone = { viewport: { width: 360, height: 740 }, geolocation: { latitude: 42.62, longitude: 20.57, accuracy: 12 }, permissions: ["geolocation"] };

/** Enrols the page's browser by the link that the office shows, and waits for what the tablet is to hold. It may find the office elsewhere. */
export async function enrol(page, office, { url = office.url, timeout = 60_000 } = {}) {
	const { code } = await office.ask("device", "invite", "--holder", "klina", "--area", "Klina", "Tablet 7");
	await page.goto(`${url}/app/#code=${code}`);
	for (const heading of ["Choose a PIN", "Enter the PIN once more"]) {
		await expect(page.getByRole("heading", { name: heading })).toBeVisible({ timeout });
		await enter(page, pin);
	}
	await expect(page.getByRole("button", { name: /^Everything is sent/ })).toBeVisible({ timeout });
}

/** Enters a PIN. */
export async function enter(page, digits) {
	await page.keyboard.type(digits);
	await page.keyboard.press("Enter");
}

/** Goes to a place in the app, as its buttons do. */
export async function goTo(page, path) {
	await page.evaluate((to) => { location.hash = to; }, `#/${path}`);
}

/** Opens a household by what it is called. */
export async function openHousehold(page, name) {
	await goTo(page, "");
	await page.getByRole("searchbox").fill(name);
	await page.locator(".card", { hasText: name }).first().click();
	await expect(page.getByRole("heading", { name })).toBeVisible();
}

/** Fails if a screen is not for everybody, or if something to tap is smaller than 48 px. */
export async function expectForHands(page) {
	await expectForEverybody(page);
	await expectLarge(page);
}

/** Fails if a screen in another language is not for everybody and for hands, on the smallest tablet. */
export async function expectWordsForHands(page) {
	await expectWords(page);
	await expectLarge(page);
}

async function expectLarge(page) {
	const small = await page.evaluate(() => [...document.querySelectorAll("button, a, summary, select, label.choice, label.button, textarea, input.input")]
		.map((e) => [e.getBoundingClientRect(), e.textContent || e.getAttribute("aria-label") || e.id])
		.filter(([box]) => box.width > 0 && (box.width < 48 || box.height < 48)).map(([box, name]) => `${name}: ${box.width} x ${box.height}`));
	expect(small, page.url()).toEqual([]);
}

/** Opens made-up families, and among them one to whom a stove is due. */
export async function practise(page) {
	await page.goto("/app/");
	await page.getByRole("button", { name: /^Practise/ }).click();
	await page.getByRole("button", { name: /Živorad Đorđević/ }).click();
	await expect(page.getByText("Due: \u20681 piece\u2069")).toBeVisible();
}

/** Signs on the pad, as with a finger. */
export async function sign(page) {
	const pad = page.locator("canvas");
	await pad.scrollIntoViewIfNeeded();
	const { x, y, width, height } = await pad.boundingBox();
	await page.mouse.move(x + width * 0.2, y + height * 0.7);
	await page.mouse.down();
	for (let i = 1; i <= 12; i++) await page.mouse.move(x + width * (0.2 + 0.05 * i), y + height * (i % 2 ? 0.3 : 0.7));
	await page.mouse.up();
	await expect(page.getByRole("img", { name: "A signature is drawn" })).toBeVisible();
}

/** Records a visit to a household that is open, with an answer to what has to be answered. */
export async function visit(page) {
	await page.getByRole("button", { name: "Visit", exact: true }).click();
	await expect(page.getByText("Position accurate to 12 m")).toBeVisible();
	await page.getByRole("radio", { name: "own house" }).check();
	await page.getByLabel("Findings").fill("The roof leaks.");
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByText("The visit is saved on this tablet.")).toBeVisible();
}

/** Takes a photo, as large as those of a camera. */
export async function photo(page) {
	const bytes = await page.evaluate(async () => {
		const canvas = Object.assign(document.createElement("canvas"), { width: 2600, height: 1950 });
		canvas.getContext("2d").fillRect(300, 300, 900, 900);
		const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg"));
		return [...new Uint8Array(await blob.arrayBuffer())];
	});
	await page.locator("input[type=file]").setInputFiles({ name: "photo.jpg", mimeType: "image/jpeg", buffer: Buffer.from(bytes) });
	await expect(page.getByRole("img", { name: "Photo 1" })).toBeVisible();
}

/** Chooses the first of what a list offers. */
export async function choose(page, label) {
	const list = page.getByRole("group", { name: label });
	await list.locator("label.choice, button").first().click();
}

/** Records a delivery to whom the open household is of, with a signature and a photo. */
export async function deliver(page, name) {
	await page.getByRole("button", { name: "Deliver" }).click();
	await page.getByRole("button", { name: "Something else" }).click();
	await choose(page, "Assistance type");
	await choose(page, "Project");
	await page.getByRole("button", { name: "Add", exact: true }).click();
	await page.getByRole("button", { name: "Deliver anyway" }).click();
	await page.getByRole("button", { name }).click();
	await sign(page);
	await photo(page);
	await page.getByRole("button", { name: "Confirm delivery" }).click();
	await expect(page.getByRole("region", { name: "Delivered" })).toBeVisible();
}
