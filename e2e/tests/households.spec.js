import { expect, expectForEverybody, test } from "../office.js";

test("a household is found while somebody types, in either script, and its page is read", async ({ admin }) => {
	await admin.goto("/households");
	await admin.getByRole("searchbox").pressSequentially("aleksandar milosevic");
	await expect(admin.locator("#hits")).toContainText("1 to 1 of 1");
	await admin.getByRole("link", { name: "Александар Милошевић" }).click();
	await expect(admin.getByRole("heading", { level: 1 })).toContainText("Александар Милошевић");
	await expect(admin.getByRole("heading", { name: "Due and received" })).toBeVisible();
	await expectForEverybody(admin);
	await admin.getByRole("link", { name: "History" }).click();
	await expect(admin.getByRole("heading", { level: 1 })).toContainText("History");
	await expectForEverybody(admin);
});

test("what somebody looks for is in no address, and leafing keeps it", async ({ admin }) => {
	await admin.goto("/households");
	await admin.getByRole("searchbox").fill("petrović");
	await admin.keyboard.press("Enter");
	await expect(admin.getByRole("searchbox")).toHaveValue("petrović");
	expect(admin.url()).not.toContain("petr");
	await admin.goto("/households");
	await admin.getByRole("button", { name: "Further" }).click();
	await expect(admin.locator("#hits")).toContainText("51 to 100");
	await admin.getByRole("button", { name: "Back" }).click();
	await expect(admin.locator("#hits")).toContainText("1 to 50");
});

test("who looks for somebody once the session has ended is asked to log in", async ({ admin }) => {
	await admin.goto("/households");
	await admin.context().clearCookies();
	await admin.getByRole("searchbox").pressSequentially("milo");
	await expect(admin).toHaveURL(/login\?next=%2Fhouseholds/);
});

test("lists are read and leafed through", async ({ admin }) => {
	test.setTimeout(180_000);
	for (const list of ["Visits", "Deliveries", "Entitlements", "Activities", "Livelihoods", "People"]) {
		await admin.goto("/households");
		await admin.getByRole("navigation", { name: "Lists" }).getByRole("link", { name: list }).click();
		await expect(admin.getByRole("heading", { name: list, level: 1 })).toBeVisible();
		await expectForEverybody(admin);
	}
	await admin.getByRole("link", { name: "Further" }).click();
	await expect(admin.getByText("51 to 100")).toBeVisible();
});
