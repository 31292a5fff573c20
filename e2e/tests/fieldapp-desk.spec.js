import { readFile } from "node:fs/promises";
import { deliver, enrol, enter, expectForHands, expectWordsForHands, goTo, openHousehold, phone, pin, practise, visit } from "../fieldapp.js";
import { expect, expectDark, passphrase, smallest, test, watchErrors } from "../office.js";

test.use(phone);
test.describe.configure({ timeout: 180_000 });

const family = "Sevdija Asanović";

test("a visit with its questionnaire is drafted, saved and sent, and then it is safe to leave", async ({ page, office }) => {
	const wrong = watchErrors(page);
	await enrol(page, office);
	await openHousehold(page, family);
	await page.getByRole("button", { name: "Visit", exact: true }).click();
	await expect(page.getByRole("button", { name: "Save" })).toHaveAttribute("aria-disabled", "true");
	await expect(page.getByText("Answer first: \u2068Where does the family live?\u2069")).toBeVisible();
	await page.getByLabel("Project").selectOption("G11 Return to Klina, Istok and Peć");
	await page.getByRole("radio", { name: "rented" }).check();
	await page.getByLabel("How many rooms?").fill("many");
	await expect(page.getByText("Write a number")).toBeVisible();
	await page.getByLabel("How many rooms?").fill("2,5");
	await page.getByRole("radio", { name: /^In a week/ }).check();
	await expect(page).toHaveURL(/#\/visit\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);

	await page.reload();
	await expect(page.getByRole("heading", { name: /Your PIN/ })).toBeVisible();
	await enter(page, pin);
	await expect(page.getByText("Draft restored")).toBeVisible();
	await expect(page.getByLabel("How many rooms?")).toHaveValue("2,5");
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByText("The visit is saved on this tablet.")).toBeVisible();
	await expect(page.locator(".body ol button.card").first()).toBeVisible();
	await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
	const [end, said] = await Promise.all([".body > :visible", ".toast"].map((what) => page.locator(what).last().boundingBox()));
	expect(end.y + end.height).toBeLessThan(said.y);

	await page.getByRole("button", { name: /^1 not yet sent/ }).click();
	await expect(page.getByRole("heading", { name: "Safe to leave: the office has everything" })).toBeVisible({ timeout: 40_000 });
	await expectForHands(page);
	expect(wrong).toEqual([]);
	const visits = await office.satchel("export", "visits", "--where", "purpose=monitoring");
	expect(visits).toMatch(/,[0-9a-f-]{36},monitoring,.*rooms"+:2\.5/);
});

test("who takes part in an activity is ticked off by tapping names", async ({ page, office }) => {
	await enrol(page, office);
	await page.getByRole("button", { name: "Activities" }).click();
	await page.getByRole("button", { name: "New activity" }).click();
	await page.getByLabel("Title").fill("Beekeeping for beginners");
	await page.getByRole("radio", { name: "training" }).check();
	await page.getByLabel("Project").selectOption({ index: 1 });
	await page.getByLabel("Area").selectOption({ label: "Klina" });
	const [long, short] = await Promise.all(["Project", "Area"].map((label) => page.getByLabel(label).boundingBox()));
	expect(long.height, "a long name goes on in a second line").toBeGreaterThan(short.height + 10);
	await expectForHands(page);
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByRole("heading", { name: "Beekeeping for beginners" })).toBeVisible();

	await page.getByRole("searchbox").fill("asanovic");
	const found = page.getByRole("button", { name: new RegExp(family) });
	await found.click();
	await expect(found).toHaveAttribute("aria-disabled", "true");
	await expect(page.getByText("1 came · 0 completed it")).toBeVisible();
	await page.getByRole("group", { name: family }).getByRole("checkbox", { name: "Completed it" }).check();
	await expect(page.getByText("1 came · 1 completed it")).toBeVisible();
	await expectForHands(page);
	await page.getByRole("button", { name: "Undo" }).click();
	await expect(page.getByText("Nobody is on the list yet")).toBeVisible();

	await page.getByRole("searchbox").fill("asanovic");
	await found.click();
	await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
	const activity = new URL(page.url()).hash.slice("#/".length);
	await goTo(page, "");
	await page.getByRole("button", { name: "Lock" }).click();
	await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible();
	await enter(page, pin);
	await expect(page.getByRole("button", { name: "Activities" })).toBeVisible();
	await goTo(page, activity);
	await expect(page.getByText("1 came · 0 completed it")).toBeVisible();
	await expect(page.getByRole("button", { name: "Undo" })).toBeHidden();
});

test("a wrong PIN opens nothing, and a tablet that nobody touches locks itself and keeps the draft", async ({ page, office }) => {
	await page.clock.install();
	await enrol(page, office);
	await openHousehold(page, family);
	await page.getByRole("button", { name: "Visit", exact: true }).click();
	await page.getByLabel("Findings").fill("The stove smokes.");
	await page.clock.runFor(1_000);
	await expect(page).toHaveURL(/#\/visit\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
	await page.clock.fastForward(5 * 60_000 + 6_000);
	await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible();
	await expect(page.getByText(family)).toBeHidden();
	await enter(page, "111111");
	await expect(page.getByText("The PIN is wrong.")).toBeVisible();
	await page.getByRole("radio", { name: "Srpski" }).check();
	await expect(page.getByText("PIN je pogrešan.")).toBeVisible();
	await page.getByRole("radio", { name: "English" }).check();
	await enter(page, pin);
	await expect(page.getByLabel("Findings")).toHaveValue("The stove smokes.");
});

test("a PIN counts from its first key, however soon that comes", async ({ page }) => {
	await page.addInitScript(() => {
		new MutationObserver((_, observer) => {
			if (!document.querySelector(".numpad")) return;
			observer.disconnect();
			for (const key of [..."246813", "Enter"]) window.dispatchEvent(new KeyboardEvent("keydown", { key }));
		}).observe(document, { childList: true, subtree: true });
	});
	await page.goto("/app/#code=7K2M-QF9D-0XWB");
	await expect(page.getByRole("heading", { name: "Enter the PIN once more" })).toBeVisible();
});

test("days are written in Albanian, of which the browser knows nothing", async ({ page }) => {
	await practise(page);
	await goTo(page, "menu");
	await page.getByRole("radio", { name: "Shqip" }).check();
	await goTo(page, "");
	await expect(page.locator(".tag", { hasText: "Vizitë" }).first()).toHaveText(/^Vizitë (hën|mar|mër|enj|pre|sht|die), \d+\u00a0[a-zë]+$/);
});

test("what is given and asked in practice is called in the worker's language", async ({ page }) => {
	await page.goto("/app/");
	await page.getByRole("radio", { name: "Српски" }).check();
	await page.getByRole("button", { name: "Вежбај с измишљеним породицама" }).click();
	await page.getByRole("button", { name: /Živorad Đorđević/ }).click();
	await expect(page.getByText("Шпорет")).toBeVisible();
	await expect(page.getByText("Припада им: \u20681 ком\u2069")).toBeVisible();
	await page.getByRole("button", { name: "Посета", exact: true }).click();
	await expect(page.getByText("Како се кућа греје?").first()).toBeVisible();
	await expect(page.getByRole("radio", { name: "на дрва" })).toBeVisible();
});

test("the keys of a PIN stand as on a telephone, in Arabic too", async ({ page }) => {
	await page.goto("/app/");
	await page.getByRole("radio", { name: "العربية" }).check();
	await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
	await page.getByRole("textbox").fill("7K2M-QF9D-0XWB");
	await page.keyboard.press("Enter");
	const [one, three] = await Promise.all(["1", "3"].map((key) => page.getByRole("button", { name: key, exact: true }).boundingBox()));
	expect(one.x).toBeLessThan(three.x);
});

test("what was not sent is handed in by a rescue file", async ({ page, admin, office }) => {
	await enrol(page, office);
	await openHousehold(page, family);
	await visit(page);
	await deliver(page, family);
	await goTo(page, "rescue");
	await expect(page.getByText("2 changes have not been sent.")).toBeVisible();
	await expect(page.getByText("2 photos and signatures are only on this tablet")).toBeVisible();
	await page.getByLabel("Passphrase", { exact: true }).fill("short");
	await expect(page.getByRole("button", { name: "Make the file" })).toHaveAttribute("aria-disabled", "true");
	await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
	await page.getByLabel("Passphrase once more").fill(passphrase);
	await page.getByRole("button", { name: "Make the file" }).click();
	const download = page.waitForEvent("download");
	await page.getByRole("button", { name: "Download it" }).click({ timeout: 60_000 });
	const file = await (await download).path();
	expect(await readFile(file, "utf8")).not.toContain("The roof leaks.");
	const said = await office.satchel("rescue", file);
	expect(said).toContain("Taken in: 2 changes");
	expect(said).toContain("Photos and signatures: 2; here now 2, refused 0.");
	await admin.goto("/tablets/rescue");
	await admin.getByLabel("Rescue file").setInputFiles(file);
	await admin.getByLabel("Passphrase").fill(passphrase);
	await admin.getByRole("button", { name: "Import it" }).click();
	await expect(admin.getByText("2 photos and signatures were in it.")).toBeVisible();
	await expect(admin.getByText("not kept")).toHaveCount(0);
});

test("every screen of the desk is for everybody, in every language", async ({ page, office }) => {
	await enrol(page, office);
	await openHousehold(page, family);
	const household = page.url().split("/").at(-1);
	const screens = [`visit/${household}`, "activities", "activity/new", "sync", "attention", "workers", "rescue", "connection", "menu"];
	const each = async (look) => {
		for (const screen of screens) {
			await turnTo(page, screen);
			await look();
		}
	};
	await each(async () => {
		await expectForHands(page);
		await expectDark(page);
	});
	await page.setViewportSize(smallest);
	for (const [language, dir] of [["Srpski", "ltr"], ["Српски", "ltr"], ["Shqip", "ltr"], ["العربية", "rtl"]]) {
		await page.getByRole("radio", { name: language }).check();
		await expect(page.locator("html")).toHaveAttribute("dir", dir);
		await each(() => expectWordsForHands(page));
	}
});

/** Goes to another screen, and stays until it is there, whatever it is called, and what it reads or tries. */
async function turnTo(page, screen) {
	const before = await page.locator("h1").textContent();
	await goTo(page, screen);
	await expect(page.locator("h1")).not.toHaveText(before);
	await expect(page.locator(".loading")).toHaveCount(0);
	await expect(page.locator("main.body > *").first()).toBeVisible();
}
