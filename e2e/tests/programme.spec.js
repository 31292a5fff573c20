import { readFile } from "node:fs/promises";
import { expect, expectForEverybody, logIn, test } from "../office.js";

/** The rows of a CSV file of which no cell has a line break. */
function cells(text) {
	return text.trimEnd().split("\n").map((line) => [...`${line},`.matchAll(/("(?:[^"]|"")*"|[^,]*),/g)].map((m) => m[1].replace(/^"|"$/g, "").replaceAll('""', '"')));
}

/** What a number is to people: 12,000+, or "" for none. */
const shown = (value) => (typeof value === "number" ? value.toLocaleString("en-GB") : (value ?? ""));

/** Downloads what a link leads to. */
async function download(page, link) {
	const [file] = await Promise.all([page.waitForEvent("download"), link.click()]);
	return { name: file.suggestedFilename(), body: await readFile(await file.path()) };
}

test("the donor's table is that of satchel report, on the page and in the files", async ({ admin, office }) => {
	const [table] = await office.ask("report", "--as-of", "2020-04-30", "--suppress", "5");
	await admin.goto("/programme");
	await admin.getByRole("link", { name: "Report", exact: true }).click();
	await admin.getByText("Choose what is counted").click();
	await admin.getByLabel("As of the day").fill("2020-04-30");
	await admin.getByRole("button", { name: "Show", exact: true }).click();
	await expect(admin.getByText("until 30 April 2020")).toBeVisible();
	const rows = admin.locator("table.donor tr:not(.group)").filter({ has: admin.locator("th[scope=row]") });
	await expect(rows).toHaveCount(18);
	for (const [, code, title, achieved, unit, target, percent] of table.rows) {
		const row = rows.filter({ hasText: code });
		await expect(row.locator("td, th")).toHaveText([code, title, shown(achieved), unit, shown(target), shown(percent)]);
	}
	const csv = await download(admin, admin.getByRole("link", { name: "Download CSV" }));
	expect(csv.name).toMatch(/^programme-\d{4}-\d\d-\d\d\.csv$/);
	expect(cells(csv.body.toString()).slice(1)).toEqual(table.rows.map((row) => row.map((x) => String(x ?? ""))));
	const book = await download(admin, admin.getByRole("link", { name: "Download XLSX" }));
	expect(book.body.subarray(0, 2).toString()).toBe("PK");
});

test("the overview leads to each figure and what it is made of", async ({ admin, office }) => {
	await admin.goto("/programme");
	const figure = admin.getByRole("listitem").filter({ hasText: "people trained (VET, agriculture" });
	await expect(figure).toContainText("441 of 441 people");
	await figure.getByRole("link").click();
	await expect(admin.getByText("each person of participations once")).toBeVisible();
	const [bySex] = await office.ask("report", "by", "sex", "--indicator", "CRM-07", "--suppress", "5");
	const sex = admin.getByRole("region", { name: "By sex" });
	await expect(sex.getByRole("row", { name: "female" })).toContainText(String(bySex.rows[0][bySex.columns.findIndex((c) => c.title === "female")]));
	const [byMonth] = await office.ask("report", "by", "month", "--indicator", "CRM-07", "--suppress", "5");
	const month = admin.getByRole("region", { name: "By month" });
	await expect(month.getByRole("img")).toHaveAccessibleName(/By month/);
	await month.getByText("As a table").click();
	await expect(month.locator("tbody td")).toHaveText(byMonth.rows[0].slice(6).map(shown));
	const csv = await download(admin, month.getByRole("link", { name: "By month: download as CSV" }));
	expect(cells(csv.body.toString())[1].slice(6)).toEqual(byMonth.rows[0].slice(6).map(String));
});

test("a map shows the areas, and what is small is withheld", async ({ admin }) => {
	await admin.goto("/programme");
	const map = admin.getByRole("img", { name: "deliveries" });
	await expect(map.locator("circle")).toHaveCount(22);
	await admin.getByText("Choose what is counted").click();
	await admin.getByLabel("On the map").selectOption({ label: "people trained (VET, agriculture, safety at work)" });
	await admin.getByLabel("Level of areas").selectOption("settlement");
	await admin.getByRole("button", { name: "Show", exact: true }).click();
	await expect(admin.getByRole("heading", { name: /By settlement: people trained/ })).toBeVisible();
	expect(admin.url()).toContain("map=CRM-07");
	await admin.goto("/programme?project=G01");
	await expect(admin.locator(".figures li", { hasText: "village houses" })).toContainText("x of 4 houses");
	await admin.getByLabel("Withhold numbers below").fill("0");
	await admin.getByRole("button", { name: "Show", exact: true }).click();
	await expect(admin.locator(".figures li", { hasText: "village houses" })).toContainText("4 of 4 houses");
});

test("a coordinator has the figures of the own areas", async ({ page, office }) => {
	await office.satchel("user", "add", "cora", "--name", "Cora", "--role", "coordinator", "--area", "Kraljevo", "--area", "Vranje");
	const [table] = await office.ask("report", "by", "municipality", "--indicator", "CRM-07");
	const at = (name) => table.rows[0][table.columns.findIndex((c) => c.title === name)];
	await logIn(page, "cora");
	await page.goto("/programme/indicators/CRM-07");
	await expect(page.locator(".headline strong")).toHaveText(String(at("Kraljevo") + at("Vranje")));
	await expect(page.getByRole("region", { name: "By municipality" }).locator("tbody th")).toHaveText(["Kraljevo", "Vranje"]);
	await page.goto("/programme");
	await expect(page.locator("#area option")).not.toContainText(["Niš"]);
	expect((await page.goto("/programme?area=RS-20")).status()).toBe(403);
});

test("what changed since a day is told with its causes", async ({ admin }) => {
	await admin.goto("/programme/restatements?since=2020-05-01");
	const card = admin.locator(".restated").filter({ hasText: "CRM-01" });
	await expect(card).toContainText("22");
	await card.getByText("What makes the difference").click();
	await expect(card.locator("tbody tr").first()).toContainText("Delivery");
	await expectForEverybody(admin);
});

test("everything can be done with the keyboard", async ({ admin }) => {
	await admin.goto("/programme");
	await admin.locator("main").focus();
	const reached = [];
	for (let i = 0; i < 80; i++) {
		await admin.keyboard.press("Tab");
		reached.push(await admin.evaluate(() => document.activeElement.textContent.trim()));
	}
	for (const name of ["Restatements", "Choose what is counted", "prefabricated houses delivered", "XLSX", "As a table"]) {
		expect(reached.some((text) => text.startsWith(name)), name).toBe(true);
	}
	await admin.locator(".filter summary").focus();
	await admin.keyboard.press("Enter");
	await admin.keyboard.press("Tab");
	await expect(admin.getByLabel("Institution")).toBeFocused();
	await admin.getByLabel("As of the day").fill("2019-06-30");
	await admin.getByLabel("As of the day").press("Enter");
	await expect(admin.getByText("until 30 June 2019")).toBeVisible();
});

test("the report prints as a table, without what is only for the screen", async ({ admin }) => {
	await admin.goto("/programme/report");
	await admin.emulateMedia({ media: "print" });
	for (const gone of [".top", ".filter", ".pages", ".actions"]) await expect(admin.locator(gone).first()).toBeHidden();
	await expect(admin.locator("table.donor")).toBeVisible();
	await expect(admin.getByText(/counted \d/)).toBeVisible();
	const pdf = (await admin.pdf({ format: "A4" })).toString("latin1");
	expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1);
});

test("an administrator defines an indicator, and what is wrong with it is said beside it", async ({ admin }) => {
	await admin.goto("/programme/report");
	await admin.getByRole("link", { name: "Define an indicator" }).click();
	await admin.getByLabel("Code").fill("VISITS");
	await admin.getByLabel("Title in reports").fill("visits to families");
	await admin.getByLabel("Definition").fill('{"of": "calls"}');
	await admin.getByRole("button", { name: "Save" }).click();
	await expect(admin.locator("form .bad")).toContainText('"calls" is none');
	await expectForEverybody(admin);
	await expect(admin.getByLabel("Title in reports")).toHaveValue("visits to families");
	await admin.getByLabel("Definition").fill('{"of": "visits", "unit": "visits"}');
	await admin.getByRole("button", { name: "Save" }).click();
	await expect(admin.getByRole("status")).toContainText("saved");
	await admin.getByRole("textbox", { name: "Target" }).fill("1000");
	await admin.getByRole("button", { name: "Set the target" }).click();
	await admin.goto("/programme/report");
	await expect(admin.getByRole("row", { name: /visits to families/ })).toContainText("1,000");
});
