import { expect, expectForEverybody, logIn, test } from "../office.js";

/** A household that the demo recorded, and that nothing is said about yet. */
const card = "IDP-KRALJEVO-1-1-0010";

/** Enrols a tablet of Kraljevo that has fetched what there is. */
async function tablet(office, name) {
	const { code } = await office.ask("device", "invite", "--holder", "kraljevo-1", "--area", "Kraljevo", name);
	const device = await office.tablet(name, code);
	await device("sync");
	return device;
}

/** Has two tablets write two phone numbers, not knowing of each other: 7 and then 8. */
async function clash(office, ...cards) {
	const [seven, eight] = [await tablet(office, "Tablet 7"), await tablet(office, "Tablet 8")];
	for (const number of cards) {
		await seven("household", "edit", number, "--set", "phone=+381 7");
		await eight("household", "edit", number, "--set", "phone=+381 8");
	}
	await seven("sync");
	await eight("sync");
	return [seven, eight];
}

/** Opens the item about something from the queue, and stays until it is there. */
async function open(page, what, query = "") {
	await page.goto(`/review${query}`);
	await page.getByRole("link", { name: what }).first().click();
	await expect(page).toHaveURL(/review\/[0-9a-f]{8}-/);
}

/** Presses a key until something has the focus. */
async function until(page, key, selector) {
	for (let i = 0; i < 80; i++) {
		if (await page.evaluate((s) => document.activeElement?.matches(s), selector)) return;
		await page.keyboard.press(key);
	}
	throw new Error(`${key} never comes to ${selector}`);
}

test("a conflict is settled by keyboard alone, and arrives on the tablet", async ({ admin, office }) => {
	const [seven] = await clash(office, card);
	await admin.goto("/review");
	const id = await admin.locator("a.item", { hasText: card }).getAttribute("id");
	await until(admin, "j", `#${id}`);
	await admin.keyboard.press("a");
	await expect(admin.getByRole("row", { name: new RegExp(card) })).toContainText("Administrator of the demo");
	await admin.keyboard.press("Enter");
	await admin.getByRole("link", { name: "Back to the list" }).click();
	await expect(admin.locator(`#${id}`)).toBeFocused();
	for (const key of ["k", "Tab", "j"]) await admin.keyboard.press(key);
	await expect(admin.locator(`#${id}`)).toBeFocused();
	await admin.keyboard.press("Enter");
	await expect(admin.getByRole("columnheader", { name: /From Tablet 7/ })).toBeVisible();
	await expectForEverybody(admin);
	await expect(admin.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
	await until(admin, "Tab", '[name="take.phone"]');
	await until(admin, "ArrowRight", '[data-text="+381 7"]');
	await expect(admin.locator("output")).toHaveText("+381 7");
	await until(admin, "Tab", "#reason");
	await admin.keyboard.type("she called");
	await until(admin, "Tab", 'button:not([name="next"])');
	await admin.keyboard.press("Enter");
	await expect(admin.locator("#standing")).toContainText("Decided by Administrator of the demo");
	await expect(admin.locator("#standing")).toContainText("she called");
	await expectForEverybody(admin);
	await seven("sync");
	expect(await seven("household", "show", card)).toContain("+381 7");
	const here = admin.url();
	await admin.keyboard.press("k");
	await expect(admin).not.toHaveURL(here);
	await expect(admin.locator("form.conflict")).toBeVisible();
});

test("who comes second sees at once what the first decided", async ({ admin, office, browser }) => {
	await clash(office, card);
	await office.satchel("user", "add", "bora", "--name", "Bora", "--role", "administrator");
	const other = await (await browser.newContext({ baseURL: office.url })).newPage();
	await logIn(other, "bora");
	await open(admin, card);
	await open(other, card);
	await other.getByLabel("+381 8").check();
	await other.getByRole("button", { name: "Save", exact: true }).click();
	await expect(other.locator("#standing")).toContainText("Decided by Bora");
	await expect(admin.locator("#standing")).toContainText("Decided by Bora");
	await expect(admin.getByRole("alert")).toContainText("cannot be saved as it stands here");
	await admin.getByLabel("+381 7").check();
	await expect(admin.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
	await expectForEverybody(admin);
	await other.context().close();
});

test("a decision is undone from the list, and clashes again", async ({ admin, office }) => {
	await clash(office, card);
	await open(admin, card);
	await admin.getByLabel("another value:").check();
	await admin.getByRole("textbox", { name: "Phone" }).fill("+381 9");
	await admin.getByLabel(/^Reason/).fill("both were wrong");
	await admin.getByRole("button", { name: "Save", exact: true }).click();
	await admin.goto("/review/decided");
	const row = admin.getByRole("row", { name: /\+381 9/ });
	await expect(row).toContainText("both were wrong");
	await row.getByText("Undo").first().click();
	await row.getByLabel("Reason").fill("it was no mistake");
	await expectForEverybody(admin);
	await row.getByRole("button", { name: "Undo this" }).click();
	await expect(admin.getByRole("status").first()).toContainText("Undone");
	await open(admin, card);
	await expect(admin.getByLabel("+381 7")).toBeVisible();
});

test("two households are merged, counted together, and parted again", async ({ admin }) => {
	await open(admin, "Nikola Stojanović", "?kind=duplicate");
	await expect(admin.getByRole("heading", { name: "What would count together" })).toBeVisible();
	await admin.getByLabel("Then go on to the next item").uncheck();
	await admin.getByRole("button", { name: "keep the first" }).click();
	await expect(admin.locator("main")).toContainText("counts as Nikola Stojanović");
	await expectForEverybody(admin);
	await admin.getByLabel("Reason").fill("they are cousins");
	await admin.getByRole("button", { name: /^Part / }).click();
	await expect(admin.getByRole("status").first()).toContainText("two households again");
	await admin.getByLabel(/^Reason/).fill("they are cousins");
	await admin.getByRole("button", { name: "Two families" }).click();
	await expect(admin).toHaveURL(/review\/[0-9a-f]{8}-/);
	await admin.goto("/review?state=decided");
	await expect(admin.getByRole("link", { name: /Nikola Stojanović/ })).toBeVisible();
});

test("many conflicts are settled by a rule that is previewed, and undone at once", async ({ admin, office }) => {
	await clash(office, card, "IDP-KRALJEVO-1-1-0011", "IDP-KRALJEVO-1-1-0012");
	await admin.goto("/review/bulk");
	await admin.getByRole("link", { name: /Household: Phone 4/ }).click();
	await admin.getByLabel("With a value from").selectOption("Tablet 7");
	await expect(admin.getByRole("heading", { name: "Phone: 3 conflicts" })).toBeVisible();
	await admin.getByLabel("Keep", { exact: true }).selectOption("what was written first");
	await expect(admin.getByRole("heading", { name: "keep what was written first" })).toBeVisible();
	await expectForEverybody(admin);
	await admin.getByLabel("Reason").fill("the first visit asked for it");
	await admin.getByRole("button", { name: "Settle 3 conflicts" }).click();
	await expect(admin.getByText("3 conflicts are settled")).toBeVisible();
	await expectForEverybody(admin);
	await admin.getByText("Undo the whole rule").first().click();
	await admin.getByLabel("Reason").fill("it did not");
	await admin.getByRole("button", { name: "Undo the whole rule" }).click();
	await expect(admin.getByText("0 of them still hold.")).toBeVisible();
	await admin.goto("/review?kind=conflict");
	await expect(admin.getByRole("link", { name: new RegExp(card) })).toBeVisible();
});

test("a held change is corrected and applied", async ({ admin, office }) => {
	const late = await tablet(office, "Tablet 9");
	await late("household", "add", "Jovan Jovanovic", "--area", "Kraljevo");
	const devices = await office.ask("device", "list");
	await office.satchel("device", "revoke", devices.find((d) => d.name === "Tablet 9").id);
	await late("sync").catch(() => "it was taken out, after it had handed in what it had");
	await open(admin, "Jovan Jovanovic", "?kind=held");
	await expect(admin.locator("main")).toContainText("the tablet had been revoked");
	await expectForEverybody(admin);
	await admin.getByLabel("Head of the household").fill("Jovan Jovanović");
	await admin.getByRole("button", { name: "Apply" }).click();
	await expect(admin.getByRole("status").first()).toContainText("Applied");
	await expect(admin.getByRole("heading", { level: 1 })).toContainText("Jovan Jovanović");
});

test("the field is asked, and its answer stands with the conflict", async ({ admin, office }) => {
	const [seven] = await clash(office, card);
	await open(admin, card);
	await admin.getByText("Send it back to the field with a question").click();
	await admin.getByLabel("About").selectOption("Phone");
	await admin.getByLabel("Question", { exact: true }).fill("Which phone is it?");
	await expectForEverybody(admin);
	await admin.getByRole("button", { name: "Ask" }).click();
	await expect(admin.locator("#questions")).toContainText("waiting for an answer");
	await seven("sync");
	const asked = JSON.parse(await seven("--json", "question", "list"));
	await seven("question", "answer", asked[0].id, "The one that ends in 8");
	await seven("sync");
	await expect(admin.locator("#questions")).toContainText("The one that ends in 8");
});
