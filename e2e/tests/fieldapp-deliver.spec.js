import { choose, enrol, expectForHands, goTo, phone, photo, pin, practise, sign } from "../fieldapp.js";
import { expect, expectDark, test, watchErrors } from "../office.js";

test.use(phone);

test("four taps and a signature are a delivery; it shows in red, and is taken back", async ({ page }) => {
	const wrong = watchErrors(page);
	await practise(page);
	await page.getByRole("button", { name: "Deliver" }).click();
	await page.getByRole("button", { name: "Next" }).click();
	await page.getByRole("button", { name: /Radmila/ }).click();
	await expect(page.getByText("Position accurate to 12 m")).toBeVisible();
	await expect(page.getByRole("button", { name: "Confirm delivery" })).toHaveAttribute("aria-disabled", "true");
	await sign(page);
	await page.getByRole("button", { name: "Confirm delivery" }).click();

	const receipt = page.getByRole("region", { name: "Delivered" });
	await expect(receipt).toContainText(/[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}/);
	await expect(page.locator(".received")).toContainText("Already received: \u20681 piece\u2069");
	await expect(page).toHaveURL(/#\/household\/[^/]+$/);

	const undo = page.getByRole("button", { name: "Undo" });
	await goTo(page, "menu");
	await expect(page.getByRole("heading", { name: "Practice" })).toBeVisible();
	await expect(undo).toHaveCount(0);
	await page.goBack();
	await undo.click();
	await expect(page.locator("ol s")).toHaveText(/Stove/);
	await expect(page.getByText("Taken back by the worker right after it was saved")).toBeVisible();
	await expect(page.getByText("Due: \u20681 piece\u2069")).toBeVisible();
	await page.goBack();
	await expect(page.getByRole("searchbox")).toBeVisible();
	expect(wrong).toEqual([]);
});

test("what speaks against a delivery is said, and does not stop it", async ({ page }) => {
	await practise(page);
	await page.getByRole("button", { name: "Deliver" }).click();
	await page.getByRole("button", { name: /^More: / }).click();
	await expect(page.getByText("With this the family has more than any family may have: \u20681 piece\u2069.")).toBeVisible();
	await page.getByRole("button", { name: "Deliver anyway" }).click();
	await page.getByRole("button", { name: "Somebody else" }).click();
	await page.getByLabel("Who comes for them").fill("Ana Anić");
	await page.getByRole("radio", { name: "Ill" }).check();
	await page.getByRole("button", { name: "Next" }).click();
	await page.getByRole("radio", { name: "Refused" }).check();
	await page.getByRole("button", { name: "Confirm delivery" }).click();
	await expect(page.getByText("Recipient: Ana Anić: Ill")).toBeVisible();
	await page.locator("ol button.card").first().click();
	await expect(page.getByText("No signature and no photo, because: Refused")).toBeVisible();
});

test("a family is registered, told from one that looks alike, and a photo proves what it gets", async ({ page, office }) => {
	test.setTimeout(240_000);
	const wrong = watchErrors(page);
	await enrol(page, office);
	await page.getByRole("button", { name: "New household" }).click();
	await page.getByLabel("Head of the household").fill("Zdravka Probić");
	await page.getByRole("radio", { name: "Drsnik, Klina" }).check();
	await page.getByRole("radio", { name: "returnee" }).check();
	await page.getByLabel("Phone", { exact: true }).fill("060 555 0101");
	await expect(page).toHaveURL(/#\/register\/new\/[0-9a-f-]{36}$/);

	await page.reload();
	await expect(page.getByRole("heading", { name: /Your PIN/ })).toBeVisible();
	await page.keyboard.type(pin);
	await page.keyboard.press("Enter");
	await expect(page.getByText("Draft restored")).toBeVisible();
	await expect(page.getByLabel("Head of the household")).toHaveValue("Zdravka Probić");
	await expect(page.getByRole("radio", { name: "Drsnik, Klina" })).toBeChecked();
	await page.getByRole("checkbox", { name: "The family agrees to its data being kept" }).check();
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByRole("heading", { name: "Zdravka Probić" })).toBeVisible();

	await page.getByRole("button", { name: "Deliver" }).click();
	await page.getByRole("button", { name: "Something else" }).click();
	await choose(page, "Assistance type");
	await choose(page, "Project");
	await page.getByRole("button", { name: "Add", exact: true }).click();
	await expect(page.getByText("Nobody has decided that this family is to have this.")).toBeVisible();
	await page.getByRole("button", { name: "Deliver anyway" }).click();
	await page.getByRole("button", { name: "Zdravka Probić" }).click();
	await photo(page);
	const kept = page.getByRole("img", { name: "Photo 1" });
	await expect(kept).toBeVisible();
	expect(await kept.evaluate((img) => [img.naturalWidth, img.naturalHeight])).toEqual([1280, 960]);
	await page.getByRole("button", { name: "Confirm delivery" }).click();
	await expect(page.getByRole("region", { name: "Delivered" })).toBeVisible();

	await page.goBack();
	await page.getByRole("button", { name: "New household" }).click();
	await page.getByLabel("Head of the household").fill("Zdravka Probic");
	await page.getByLabel("Phone", { exact: true }).fill("0605550101");
	await expect(page.getByText("the same phone")).toBeVisible();
	await page.getByRole("button", { name: "It is this one" }).click();
	await expect(page.getByRole("heading", { name: "Zdravka Probić" })).toBeVisible();
	expect(wrong).toEqual([]);
});

test("a receipt begins where Arabic does, and a proof keeps its shape on a large tablet", async ({ page }) => {
	await practise(page);
	await page.getByRole("button", { name: "Deliver" }).click();
	await page.getByRole("button", { name: "Next" }).click();
	await page.getByRole("button", { name: /Radmila/ }).click();
	await sign(page);
	await page.getByRole("button", { name: "Confirm delivery" }).click();
	await page.locator("ol button.card").first().click();
	await page.setViewportSize({ width: 800, height: 1280 });
	const { width, height } = await page.getByRole("img", { name: "Signature" }).boundingBox();
	expect(width / height).toBeCloseTo(2, 1);

	await goTo(page, "menu");
	await page.getByRole("radio", { name: "العربية" }).check();
	await page.goBack();
	await page.goBack();
	const receipt = page.locator(".receipt");
	await expect(receipt).toBeVisible();
	const beyond = await receipt.evaluate((e) => {
		const line = document.createRange();
		line.selectNodeContents(e);
		return e.parentElement.getBoundingClientRect().right - line.getBoundingClientRect().right;
	});
	expect(beyond).toBeLessThan(8);
});

test("what is too long is not saved, and it is said which part", async ({ page }) => {
	await practise(page);
	await page.getByRole("button", { name: "Visit", exact: true }).click();
	await page.getByRole("radio", { name: "wood" }).check();
	await page.getByLabel("Findings").fill("a".repeat(40_000));
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByRole("alert")).toHaveText("This was not saved, because it is too long: Findings. Shorten it, then save again.");
});

test("what needs attention and what was begun name the family", async ({ page }) => {
	await page.addInitScript(() => {
		const visit = "00000000-0000-7000-8000-000000003100";
		const held = { item: "held/1", kind: "held", collection: "visits", record: visit, code: "unknown_author", reason: "", field: "", own: "", shown: "" };
		const asked = new Set();
		window.Worker = class extends Worker {
			constructor(...args) {
				super(...args);
				this.addEventListener("message", ({ data }) => { if (asked.has(data.id)) data.result.push(held); });
			}

			postMessage(call) {
				if (call.method === "attention") asked.add(call.id);
				super.postMessage(call);
			}
		};
	});
	await practise(page);
	await page.getByRole("button", { name: "Visit", exact: true }).click();
	await page.getByLabel("Findings").fill("The stove smokes.");
	await expect(page).toHaveURL(/#\/visit\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
	await goTo(page, "");
	await expect(page.getByRole("button", { name: /^Visit Živorad Đorđević Draft/ })).toBeVisible();
	await goTo(page, "attention");
	await expect(page.getByRole("heading", { name: "Visit Živorad Đorđević" })).toBeVisible();
});

test("a search that was overtaken is not begun while another is under way", async ({ page }) => {
	await page.addInitScript(() => {
		const under = new Set();
		window.searches = [];
		window.Worker = class extends Worker {
			constructor(...args) {
				super(...args);
				this.addEventListener("message", ({ data }) => under.delete(data.id));
			}

			postMessage(call) {
				if (call.method !== "search") return super.postMessage(call);
				under.add(call.id);
				window.searches.push({ text: call.args[0], under: under.size });
				setTimeout(() => super.postMessage(call), 1_500);
			}
		};
	});
	await practise(page);
	await goTo(page, "");
	await page.getByRole("searchbox").pressSequentially("djordjevic", { delay: 40 });
	await expect(page.getByRole("region", { name: "Found" })).toContainText("Živorad Đorđević");
	const searches = await page.evaluate(() => window.searches);
	expect(searches.map(({ under }) => under)).toEqual(searches.map(() => 1));
	expect(searches.at(-1).text).toBe("djordjevic");
	expect(searches.length).toBeLessThan(4);
});

test("two steps stand beside each other on a phone, where their words leave room for it", async ({ page }) => {
	await page.goto("/app/");
	await page.getByRole("button", { name: /^Practise/ }).click();
	const steps = page.locator("footer.next .button");
	for (const [language, rows] of Object.entries({ English: 1, Srpski: 2, Српски: 2, Shqip: 1, العربية: 1 })) {
		await goTo(page, "menu");
		await page.getByRole("radio", { name: language }).check();
		await goTo(page, "");
		await expect(steps).toHaveCount(2);
		const found = await steps.evaluateAll((all) => ({ rows: new Set(all.map((e) => e.offsetTop)).size, cut: all.some((e) => e.scrollWidth > e.clientWidth) }));
		expect(found, language).toEqual({ rows, cut: false });
	}
});

test("what was just done is said above the steps, however many lines they take", async ({ page }) => {
	await practise(page);
	await page.getByRole("button", { name: "Visit", exact: true }).click();
	await page.getByLabel("Findings").fill("The stove smokes.");
	await expect(page).toHaveURL(/#\/visit\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
	await goTo(page, "menu");
	await page.getByRole("radio", { name: "Srpski" }).check();
	await goTo(page, "");
	await page.getByRole("button", { name: /^Poseta Živorad/ }).click();
	await page.getByRole("button", { name: "Odbaci" }).click();
	const [toast, steps] = [page.locator(".toast"), page.locator("footer.next")];
	await expect(toast).toBeVisible();
	await expect(page.getByRole("searchbox")).toBeVisible();
	for (const scrolled of [0, 300, 10_000]) {
		await page.evaluate((y) => window.scrollTo(0, y), scrolled);
		await page.evaluate(() => new Promise(requestAnimationFrame));
		const [above, below] = await Promise.all([toast.boundingBox(), steps.boundingBox()]);
		expect(above.y + above.height).toBeLessThanOrEqual(below.y);
		expect(above.y + above.height).toBeGreaterThan(below.y - 20);
	}
});

/** Goes through every screen of a delivery, and looks at each. */
async function each(page, look) {
	await practise(page);
	await look(page);
	await page.getByRole("button", { name: "Deliver" }).click();
	await page.getByRole("button", { name: /^More: / }).click();
	await page.getByRole("button", { name: "Something else" }).click();
	await look(page);
	await page.getByRole("button", { name: "Cancel" }).click();
	await page.getByRole("button", { name: "Deliver anyway" }).click();
	await look(page);
	await page.getByRole("button", { name: "Somebody else" }).click();
	await look(page);
	await page.getByRole("button", { name: "A member of the family" }).click();
	await page.getByRole("button", { name: /Goran/ }).click();
	await look(page);
	await sign(page);
	await page.getByRole("button", { name: "Confirm delivery" }).click();
	await expect(page.getByRole("region", { name: "Delivered" })).toBeVisible();
	await look(page);
	await page.locator("ol button.card").first().click();
	await page.getByText("Cancel this delivery").first().click();
	await look(page);
	await page.goBack();
	await page.getByRole("button", { name: "Correct" }).click();
	await look(page);
	await page.goBack();
	await page.getByRole("button", { name: "Add a member" }).click();
	await look(page);
	await page.goBack();
	await expect(page.getByRole("button", { name: "Correct" })).toBeVisible();
	await page.goBack();
	await page.getByRole("button", { name: "New household" }).click();
	await page.getByLabel("Head of the household").fill("Dragan Jovanovic");
	await page.getByLabel("Phone", { exact: true }).fill("+381 60 000 1000");
	await expect(page.getByText("the same phone")).toBeVisible();
	await look(page);
}

test("every screen of a delivery is for everybody and for cold hands, in the light and in the dark", async ({ page }) => {
	test.setTimeout(180_000);
	await each(page, async () => {
		await expectForHands(page);
		await expectDark(page);
	});
});
