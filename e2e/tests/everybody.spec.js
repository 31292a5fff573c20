import { expectForEverybody, speak, test } from "../office.js";

/** Opens the first item of a kind that the queue shows. */
function first(kind) {
	return async (page) => {
		await page.goto(`/review?kind=${kind}`);
		await page.goto(await page.locator("a.item").first().getAttribute("href"));
	};
}

/** The pages, by how to come to them: an address, or what to do on the page of an administrator. */
const pages = [
	"/login", "/enrol#7K2M-QF9D-0XWB", "/nowhere", "/tablets", "/tablets/invite", "/tablets/invitations", "/tablets/rescue",
	"/households", "/lists/deliveries", "/settings/feeds", "/settings", "/settings/areas", "/settings/users", "/settings/users/new",
	"/settings/projects", "/settings/assistance_types", "/settings/questionnaires", "/settings/import", "/settings/audit",
	"/records/households/new", "/records/visits/new", "/records/deliveries/new", "/records/participations/new",
	"/records/questionnaires/new", "/programme", "/programme?project=G01&small=0", "/programme/report", "/programme/restatements",
	"/programme/indicators/CRM-07", "/programme/define?code=CRM-07",
	"/review", "/review?group=area", "/review?state=closed", "/review/decided", "/review/bulk?collection=households&field=phone",
	first("conflict"), first("over_delivery"), first("duplicate"),
];

for (const tag of ["en", "sr-Latn", "sr-Cyrl", "sq"]) {
	test(`every page is for everybody, in ${tag}`, async ({ admin, office }) => {
		test.setTimeout(300_000);
		await speak(admin, office, tag);
		// The colours are the same in every language.
		for (const colorScheme of tag === "en" ? ["light", "dark"] : ["light"]) {
			await admin.emulateMedia({ colorScheme });
			for (const at of pages) {
				if (typeof at === "string") await admin.goto(at);
				else await at(admin);
				await expectForEverybody(admin);
			}
		}
	});
}
