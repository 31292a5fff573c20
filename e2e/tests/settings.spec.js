import { expect, expectForEverybody, logIn, secret, test, watchErrors } from "../office.js";

/** Goes on by Tab until something has the focus, as who has no mouse does. */
async function tabTo(page, target) {
	await expect(target).toBeVisible();
	for (let i = 0; i < 200; i++) {
		if (await target.evaluate((element) => element === document.activeElement)) return;
		await page.keyboard.press("Tab");
	}
	throw new Error(`Tab does not reach ${target}`);
}

/** Follows a link, presses a button, or goes into a field, by the keyboard alone. */
async function press(page, target) {
	await tabTo(page, target);
	await page.keyboard.press("Enter");
}

async function type(page, label, text) {
	await tabTo(page, page.getByLabel(label, { exact: true }));
	await page.keyboard.type(text);
}

test.describe("on an empty server", () => {
	test.use({ empty: true });

	test("an office is set up by the keyboard, to the first area and the first coordinator", async ({ page, office }) => {
		const wrong = watchErrors(page);
		await page.goto("/");
		await type(page, "One-time code", office.said.match(/one-time code: (\S+)/)[1]);
		await type(page, "Full name", "Ana Anić");
		await type(page, "Login", "ana");
		await type(page, "Password", secret);
		await type(page, "The same password again", secret);
		await page.keyboard.press("Enter");
		await expect(page.getByRole("heading", { name: "What this office needs next" })).toBeVisible();
		await expectForEverybody(page);

		await press(page, page.getByRole("main").getByRole("link", { name: "Areas" }));
		await press(page, page.getByRole("link", { name: "Add an area" }));
		await type(page, "Name *", "Kraljevo");
		await tabTo(page, page.getByLabel("Level *"));
		await page.keyboard.type("municip");
		await press(page, page.getByRole("button", { name: "Add" }));
		await expect(page.getByRole("status")).toContainText("Saved.");
		await expect(page.getByRole("row", { name: /Kraljevo municipality/ })).toBeVisible();
		await press(page, page.getByRole("link", { name: "Add below Kraljevo" }));
		await expect(page.getByLabel("Part of")).toContainText("Kraljevo");
		await type(page, "Name *", "Ribnica");
		await tabTo(page, page.getByLabel("Level *"));
		await page.keyboard.type("settle");
		await page.keyboard.press("Enter");
		await press(page, page.getByRole("button", { name: "Add" }));
		await expect(page.getByRole("row", { name: /Ribnica settlement/ })).toBeVisible();

		await page.goto("/settings");
		await press(page, page.getByRole("link", { name: "People" }));
		await press(page, page.getByRole("link", { name: "Add a person" }));
		await type(page, "Full name *", "Cora Corić");
		await type(page, "Login *", "cora");
		await tabTo(page, page.getByRole("radio", { name: /^field worker/ }));
		await page.keyboard.press("ArrowDown");
		await expect(page.getByRole("radio", { name: /^coordinator/ })).toBeChecked();
		await tabTo(page, page.getByLabel("Kraljevo"));
		await page.keyboard.press("Space");
		await type(page, "Password", secret);
		await press(page, page.getByRole("button", { name: "Add" }));
		await expect(page.getByRole("row", { name: /Cora Corić cora coordinator Kraljevo/ })).toBeVisible();
		await page.goto("/settings");
		await expect(page.locator(".steps .done")).toHaveCount(2);
		await page.getByRole("button", { name: "Log out" }).click();
		await logIn(page, "cora");
		await expect(page.getByRole("link", { name: "Settings" })).toHaveCount(0);
		expect(wrong).toEqual([]);
	});
});

test("an edit that meets a tablet's edit becomes a conflict", async ({ admin, office }) => {
	const { code } = await office.ask("device", "invite", "Tablet 7", "--holder", "admin", "--area", "Vranje");
	const device = await office.tablet("seven", code);
	await device("sync");
	const [household] = JSON.parse(await device("--json", "household", "find", "IDP-VRANJE"));
	await admin.goto(`/records/households/${household.id}`);
	await device("household", "edit", household.id, "--set", "phone=060 tablet", "--set", "address=Tablet 1");
	await device("sync");
	await admin.getByLabel("Phone").fill("060 office");
	await admin.getByRole("button", { name: "Save" }).click();
	await expect(admin.getByRole("status")).toContainText("in conflict");
	await admin.goto(`/records/households/${household.id}`);
	await expect(admin.locator("#at-phone")).toContainText("in conflict");
	await expect(admin.getByLabel("Address")).toHaveValue("Tablet 1");
	await expectForEverybody(admin);
});

for (const name of ["<script>alert(1)</script>", '=HYPERLINK("http://evil.example","click")']) {
	test(`${name} is a name like any other`, async ({ admin }) => {
		admin.on("dialog", () => {
			throw new Error("what somebody wrote was run");
		});
		await admin.goto("/records/households/new");
		await admin.getByLabel(/^Head of the household/).fill(name);
		await admin.getByLabel(/^Status/).selectOption("idp");
		await admin.getByLabel(/^Area/).selectOption({ index: 3 });
		await admin.getByRole("button", { name: "Add" }).click();
		await expect(admin.getByRole("status")).toContainText("Saved.");
		await expect(admin.getByRole("heading", { level: 1 })).toHaveText(name);
		await expectForEverybody(admin);
		await admin.goto(`/records${new URL(admin.url()).pathname}`);
		await expect(admin.getByRole("heading", { level: 1 })).toHaveText(name);
		await expectForEverybody(admin);
		await admin.getByRole("link", { name: "Delete" }).click();
		await expect(admin.getByText(name, { exact: true })).toBeVisible();
		await expectForEverybody(admin);
		await admin.getByRole("button", { name: "Delete" }).click();
		await expect(admin.getByRole("status")).toContainText("Deleted.");
	});
}

test("a table is imported once it was seen, and its faults are told", async ({ admin }) => {
	const send = async (text) => {
		await admin.goto("/settings/import?collection=projects");
		await admin.getByLabel(/^File/).setInputFiles({ name: "projects.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
		await admin.getByRole("button", { name: "Check" }).click();
	};
	await send("code,title,starts_on\nNEW,<b>New</b>,yesterday\n");
	await expect(admin.getByRole("row", { name: /starts_on yesterday/ })).toBeVisible();
	await expectForEverybody(admin);
	await send("code,title,starts_on\nNEW,<b>New</b>,30.04.2020.\n");
	await expect(admin.getByRole("heading", { level: 1 })).toContainText("Import these?");
	await expectForEverybody(admin);
	await admin.getByRole("button", { name: "Save them" }).click();
	await expect(admin.getByRole("status")).toContainText("1 record was saved.");
	await expectForEverybody(admin);
	await admin.goto("/settings/projects");
	await expect(admin.getByRole("row", { name: /<b>New<\/b> NEW/ })).toBeVisible();
});

test("somebody is looked for by name, and chosen", async ({ admin }) => {
	await admin.goto("/records/people/new");
	await admin.getByLabel(/^Find it by/).fill("petrović");
	await admin.getByLabel(/^Find it by/).press("Enter");
	await expect(admin.getByLabel(/^Find it by/)).toHaveValue("petrović");
	await expectForEverybody(admin);
	await admin.locator("#at-household").getByRole("radio").nth(1).check();
	await admin.getByLabel(/^Name/).fill("Mila");
	await admin.getByRole("button", { name: "Add" }).click();
	await expect(admin.getByRole("status")).toContainText("Saved.");
	await expect(admin.getByRole("link", { name: "Mila" })).toBeVisible();
});
