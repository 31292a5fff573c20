import { adminPassword, expect, expectForEverybody, logIn, secret, speak, test, watchErrors } from "../office.js";

test.describe("on an empty server", () => {
	test.use({ empty: true });

	test("the first administrator sets up, and logs in again", async ({ page, office }) => {
		const wrong = watchErrors(page);
		await page.goto("/");
		await expect(page.getByRole("heading", { name: "Set up Satchel" })).toBeVisible();
		await expectForEverybody(page);
		await page.getByLabel("One-time code").fill(office.said.match(/one-time code: (\S+)/)[1]);
		await page.getByLabel("Full name").fill("Ana Anić");
		await page.getByLabel("Login").fill("ana");
		await page.getByLabel("Password", { exact: true }).fill(secret);
		await page.getByLabel("The same password again").fill(secret);
		await page.getByRole("button", { name: "Begin" }).click();
		await expect(page.getByRole("status")).toContainText("You are the first administrator");
		await page.getByRole("button", { name: "Log out" }).click();
		await expect(page.getByRole("status")).toContainText("logged out");
		await logIn(page, "ana");
		await expect(page.getByText("Ana Anić")).toBeVisible();
		expect(wrong).toEqual([]);
	});
});

test("a wrong password is told, and what was typed stays", async ({ page }) => {
	await page.goto("/tablets");
	await page.fill("#login", "admin");
	await page.fill("#password", "not this one");
	await page.keyboard.press("Enter");
	await expect(page.getByRole("alert")).toContainText("The login or the password is wrong");
	await expect(page.locator("#login")).toHaveValue("admin");
	await expect(page.locator("#password")).toBeFocused();
	await expectForEverybody(page);
});

test("what was typed outlives the session, and is sent by a button", async ({ admin }) => {
	await admin.goto("/settings/users/new");
	await admin.getByLabel("Full name").fill("Nina Ninić");
	await admin.getByLabel("Login").fill("nina");
	await admin.getByLabel("Kraljevo").check();
	await admin.context().clearCookies({ name: "satchel_session" });
	await admin.getByRole("button", { name: "Add" }).click();
	await expect(admin.getByText("What you typed is kept on this page")).toBeVisible();
	await expectForEverybody(admin);
	await admin.fill("#login", "admin");
	await admin.fill("#password", await adminPassword());
	await admin.keyboard.press("Enter");
	await expect(admin.getByRole("heading", { name: "Nothing was saved yet" })).toBeVisible();
	await expectForEverybody(admin);
	await admin.getByRole("button", { name: "Send what was typed" }).click();
	await expect(admin.getByRole("status")).toContainText("Added.");
	await expect(admin.getByRole("link", { name: "Nina Ninić" })).toBeVisible();
});

test("a field worker does not log in, and a coordinator sees the own areas only", async ({ page, office }) => {
	await office.satchel("user", "add", "cora", "--name", "Cora", "--role", "coordinator", "--area", "Kraljevo");
	await page.goto("/login");
	await page.fill("#login", "worker");
	await page.fill("#password", secret);
	await page.keyboard.press("Enter");
	await expect(page.getByRole("alert")).toBeVisible();
	await logIn(page, "cora");
	await page.goto("/tablets");
	await expect(page.getByRole("link", { name: "kraljevo-1" })).toBeVisible();
	await expect(page.getByRole("link", { name: "vranje" })).toHaveCount(0);
});

test("somebody chooses a language, and it stays", async ({ page, office }) => {
	await page.goto("/login");
	await page.getByLabel("Language").selectOption("sr-Cyrl");
	await expect(page.getByRole("heading", { name: "Пријава" })).toBeVisible();
	await page.goto("/login?next=%2Ftablets");
	await expect(page.getByRole("heading", { name: "Пријава" })).toBeVisible();
	await speak(page, office, "sq");
	await page.reload();
	await expect(page.getByRole("heading", { name: "Hyrja" })).toBeVisible();
});
