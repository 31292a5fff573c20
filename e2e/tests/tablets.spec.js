import { adminPassword, expect, expectForEverybody, logIn, passphrase, test } from "../office.js";

/** Invites tablets by the page, and gives their codes. */
async function invite(page, names, area) {
	await page.goto("/tablets");
	await page.getByRole("link", { name: "Invite a tablet" }).click();
	for (const [i, name] of names.entries()) {
		if (i > 0) await page.getByRole("button", { name: "One more tablet" }).click();
		await page.getByLabel("Name of the tablet").nth(i).fill(name);
		await page.getByLabel("Holder").nth(i).selectOption({ index: i + 1 });
	}
	await page.getByLabel(area, { exact: true }).first().check();
	await page.getByRole("button", { name: "Make the codes" }).click();
	await expect(page.getByRole("heading", { name: "Codes for tablets" })).toBeVisible();
	return page.locator(".code").allTextContents();
}

test("a tablet is invited, enrols, syncs while the board shows it, and becomes safe", async ({ admin, office, context }) => {
	const [code] = await invite(admin, ["Tablet 7"], "Vranje");
	await expectForEverybody(admin);
	const board = await context.newPage();
	await board.goto("/tablets");
	const device = await office.tablet("seven", code);
	await expect(admin.getByText("Enrolled as Tablet 7")).toBeVisible();
	const row = board.getByRole("row", { name: /Tablet 7/ });
	await expect(row).toContainText("never synced");
	await device("sync");
	const lane = board.locator("#lane").getByRole("listitem").filter({ hasText: "Tablet 7" });
	await expect(lane).toContainText("Safe to take away");
	await expect(row).toContainText("safe to take away");
	await expectForEverybody(board);
});

test("a whole team is invited at once, and the cards can be printed", async ({ admin }) => {
	const codes = await invite(admin, ["Tablet 8", "Tablet 9", "Tablet 10"], "Kraljevo");
	expect(new Set(codes).size).toBe(3);
	const waiting = admin.getByText("waits until").first(); // the list below the cards, once it was brought up to date
	await expect(waiting).toBeVisible();
	await admin.emulateMedia({ media: "print" });
	await expect(admin.locator(".qr").first()).toBeVisible();
	await expect(admin.getByRole("banner")).toBeHidden();
	await expect(waiting).toBeHidden();
});

test("an invitation that lacks something says what, and keeps what was typed", async ({ admin }) => {
	await admin.goto("/tablets/invite");
	await admin.getByLabel("Name of the tablet").fill("Tablet 7");
	await admin.getByLabel("Holder").selectOption({ index: 1 });
	await admin.getByRole("button", { name: "Make the codes" }).click();
	await expect(admin.getByRole("alert")).toContainText("needs an area");
	await expect(admin.getByLabel("Name of the tablet")).toHaveValue("Tablet 7");
	await expectForEverybody(admin);
});

test("a tablet is renamed, given other areas, and taken out", async ({ admin }) => {
	await admin.goto("/tablets");
	await admin.getByRole("link", { name: "vranje" }).click();
	await expectForEverybody(admin);
	await admin.getByLabel("Name of the tablet").fill("<script>alert(1)</script>");
	await admin.getByRole("button", { name: "Rename" }).click();
	await expect(admin.getByRole("status")).toContainText("new name");
	await expect(admin.getByRole("heading", { level: 1 })).toContainText("<script>alert(1)</script>");
	await admin.getByLabel("Niš", { exact: true }).first().check();
	await admin.getByRole("button", { name: "Change the areas" }).click();
	await expect(admin.locator("#facts")).toContainText("Niš");
	admin.once("dialog", (dialog) => dialog.dismiss());
	await admin.getByRole("button", { name: "Take it out" }).click();
	await expect(admin.getByRole("button", { name: "Take it out" })).toBeVisible();
	admin.once("dialog", (dialog) => dialog.accept());
	await admin.getByRole("button", { name: "Take it out" }).click();
	await expect(admin.getByRole("heading", { name: "Taken out of the programme" })).toBeVisible();
});

test("who has not synced for long is listed, and can be downloaded", async ({ admin }) => {
	await admin.goto("/tablets");
	await admin.getByLabel("No complete sync for").selectOption("1");
	await expect(admin).toHaveURL(/silent=1/);
	const [download] = await Promise.all([admin.waitForEvent("download"), admin.getByRole("link", { name: "Download as CSV" }).click()]);
	expect(download.suggestedFilename()).toBe("tablets.csv");
});

test("a coordinator reaches the tablets of the own areas only", async ({ page, office }) => {
	await office.satchel("user", "add", "cora", "--name", "Cora", "--role", "coordinator", "--area", "Kraljevo");
	const { id } = (await office.ask("device", "list")).find((d) => d.name === "vranje");
	await logIn(page, "cora");
	await page.goto("/tablets");
	await expect(page.getByRole("link", { name: "kraljevo-1" })).toBeVisible();
	await expect(page.getByRole("link", { name: "vranje" })).toHaveCount(0);
	const answer = await page.goto(`/tablets/${id}`);
	expect(answer.status()).toBe(404);
	await page.goto("/tablets/invite");
	await expect(page.getByLabel("Vranje", { exact: true })).toHaveCount(0);
	await expectForEverybody(page);
});

test("the unsent work of a tablet is imported from its rescue file", async ({ admin, office }) => {
	const [code] = await invite(admin, ["Tablet 7"], "Vranje");
	const device = await office.tablet("seven", code);
	await device("sync");
	await device("household", "add", "--area", "Vranje", "Petar Petrović");
	const file = `${office.dir}/seven.rescue`;
	await device("rescue", file);
	await admin.goto("/tablets/rescue");
	await expectForEverybody(admin);
	await admin.getByLabel("Rescue file").setInputFiles(file);
	await admin.getByLabel("Passphrase").fill("not the passphrase");
	await admin.getByRole("button", { name: "Import it" }).click();
	await expect(admin.getByRole("alert")).toContainText("Nothing was changed");
	await admin.getByLabel("Rescue file").setInputFiles(file);
	await admin.getByLabel("Passphrase").fill(passphrase);
	await admin.getByRole("button", { name: "Import it" }).click();
	await expect(admin.getByRole("status")).toContainText("1 change was in it");
});

test.describe("without JavaScript", () => {
	test.use({ javaScriptEnabled: false });

	test("no button is offered that would do nothing", async ({ page }) => {
		await logIn(page, "admin", await adminPassword());
		await page.goto("/tablets/invite");
		await expect(page.getByRole("link", { name: "A form for ten" })).toBeVisible();
		await expect(page.getByRole("button", { name: "One more tablet" })).toBeHidden();
	});
});
