import { Office, expect, expectForEverybody, openTablet, speak, test as base, watchErrors } from "../office.js";

base.describe.configure({ timeout: 120_000 }); // each test starts a server and a browser of its own

const test = base.extend({
	/** An office with an authority of its own. */
	secure: async ({}, use) => {
		const office = await Office.openSecure("satchel.office.lan");
		await use(office);
		await office.close();
	},
	/** Opens the browser of a tablet that trusts the office, or does not. */
	tablet: async ({ secure }, use) => {
		const open = [];
		await use(async (trusts) => {
			open.push(await openTablet(secure, trusts));
			return open.at(-1).page;
		});
		for (const { close } of open) await close();
	},
});

/** Invites a tablet, and gives where the picture of its invitation leads. */
async function invited(office) {
	const [worker] = (await office.ask("user", "list")).filter((u) => u.role === "worker");
	return office.ask("device", "invite", "Tablet 7", "--holder", worker.login, "--area", "Kraljevo");
}

test("a tablet that trusts the office keeps the app, and the code is in no log", async ({ secure, tablet }) => {
	const page = await tablet(true);
	const wrong = watchErrors(page);
	const { code, url } = await invited(secure);
	expect(url).toBe(`${secure.url}/enrol#code=${code}`);
	await page.goto(url);
	await expect(page.getByRole("status")).toHaveText("All is well. Go on with step 3.");
	expect(await page.evaluate(() => window.isSecureContext)).toBe(true);
	expect(await page.evaluate(async () => Boolean(await navigator.serviceWorker.register("/assets/enrol-worker.js")))).toBe(true);
	await expect(page.getByRole("link", { name: "Open the app" })).toHaveAttribute("href", `${secure.url}/app/#code=${code}`);
	await expect(page.locator("strong.code")).toHaveText(code);
	await expectForEverybody(page);
	expect(wrong).toEqual([]);
	expect(secure.log).toContain('"route":"/enrol"');
	expect(secure.log).not.toContain(code);
});

test("a new tablet begins in the clear, and goes on by HTTPS with its code", async ({ secure, tablet }) => {
	const page = await tablet(true);
	await page.goto(`${secure.plain}/enrol#code=7K2M-QF9D-0XWB`);
	const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download the certificate" }).click()]);
	expect(download.suggestedFilename()).toBe("satchel-ca.crt");
	await expectForEverybody(page);
	await page.getByRole("link", { name: "Shqip" }).click();
	await expect(page.getByRole("heading", { name: "Besimi te kjo zyrë" })).toBeVisible();
	await page.goBack();
	await page.getByRole("link", { name: `${secure.url}/enrol` }).click();
	await expect(page).toHaveURL(`${secure.url}/enrol#code=7K2M-QF9D-0XWB`);
	await expect(page.getByRole("status")).toContainText("All is well");
	expect(await page.context().cookies(secure.plain)).toEqual([]);
});

test("a tablet that does not trust the office is warned, and told what is missing if that is passed over", async ({ secure, tablet }) => {
	const page = await tablet(false);
	await expect(page.goto(`${secure.url}/enrol`)).rejects.toThrow("ERR_CERT_AUTHORITY_INVALID");
	await page.locator("#details-button").click();
	await page.locator("#proceed-link").click();
	await expect(page.getByRole("status")).toContainText("Something is not right yet");
	expect(await page.evaluate(() => window.isSecureContext)).toBe(true); // which is why the test asks for more
	await expect(page.locator("[data-now=bad]")).toContainText("the tablet does not trust the server");
	await expectForEverybody(page);
});

test("a page that was opened by a number says so, in every language", async ({ page, office }) => {
	for (const [tag, said] of [["en", "tablets can only use the app where the server has a name"], ["sr-Latn", "samo gde server ima ime"], ["sr-Cyrl", "само где сервер има име"], ["sq", "vetëm ku serveri ka emër"]]) {
		await speak(page, office, tag);
		await page.goto("/enrol");
		await expect(page.locator("[data-now=bad]")).toContainText(said);
		await expect(page.locator("[data-now=bad]")).toHaveCount(1);
	}
});

test("a clock that is off is found", async ({ secure, tablet }) => {
	const page = await tablet(true);
	await page.clock.install({ time: Date.now() + 3_600_000 });
	await page.goto(`${secure.url}/enrol`);
	await page.clock.resume();
	await expect(page.locator("[data-now=bad]")).toContainText("Minutes between the tablet's clock and the server's: 60");
});

test.describe("without JavaScript", () => {
	test.use({ javaScriptEnabled: false });

	test("every step can be read", async ({ page }) => {
		await page.goto("/enrol");
		for (const heading of ["1. Trust this office", "2. Test the connection", "3. Open the app, and install it", "4. Scan the code"]) {
			await expect(page.getByRole("heading", { name: heading })).toBeVisible();
		}
		await expect(page.getByText("is the tablet in the office's Wi-Fi?")).toBeVisible();
		await expect(page.getByRole("button", { name: "Test again" })).toBeHidden();
	});
});
