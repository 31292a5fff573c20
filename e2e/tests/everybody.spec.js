import { axe, expectDark, expectForEverybody, expectWords, smallest, speak, test } from "../office.js";

/** Opens the first item of a kind that the queue shows. */
function first(kind) {
	return async (page) => {
		await page.goto(`/review?kind=${kind}`);
		await page.goto(await page.locator("a.item").first().getAttribute("href"));
	};
}

/** The pages, by how to come to them: an address, or what to do on the page of an administrator. */
const pages = [
	"/login", "/enrol#code=7K2M-QF9D-0XWB", "/nowhere", "/account", "/tablets", "/tablets/invite", "/tablets/invitations", "/tablets/rescue",
	"/households", "/lists/deliveries", "/settings/feeds", "/settings", "/settings/areas", "/settings/users", "/settings/users/new",
	"/settings/projects", "/settings/assistance_types", "/settings/questionnaires", "/settings/import", "/settings/audit",
	"/records/households/new", "/records/visits/new", "/records/deliveries/new", "/records/participations/new",
	"/records/questionnaires/new", "/programme", "/programme?project=G01&small=0", "/programme/report", "/programme/restatements",
	"/programme/indicators/CRM-07", "/programme/define?code=CRM-07",
	"/review", "/review?group=area", "/review?state=closed", "/review/decided", "/review/bulk?collection=households&field=phone",
	first("conflict"), first("over_delivery"), first("duplicate"),
];

/** Looks at every page. */
async function each(page, look) {
	test.setTimeout(300_000);
	await page.addInitScript({ path: axe });
	for (const at of pages) {
		if (typeof at === "string") await page.goto(at);
		else await at(page);
		await look(page);
	}
}

test("every page is for everybody, in the light and in the dark", async ({ admin }) => {
	await each(admin, async (page) => {
		await expectForEverybody(page);
		await expectDark(page);
	});
});

test.describe("on the smallest screen", () => {
	test.use({ viewport: smallest });

	for (const tag of ["sr-Latn", "sr-Cyrl", "sq"]) {
		test(`every page is for everybody, in ${tag}`, async ({ admin, office }) => {
			await speak(admin, office, tag);
			await each(admin, expectWords);
		});
	}
});
