// What a tablet meets between two visits to the office: no link, one that breaks, a newer app, an order from the office, a clock
// that is wrong, hands that are not its worker's.
import { createHash } from "node:crypto";
import { deliver, enrol, enter, goTo, openHousehold, phone, pin, visit } from "../fieldapp.js";
import { Link } from "../link.js";
import { adminPassword, expect, logIn, test as base, watchErrors } from "../office.js";

const test = base.extend({
	link: async ({ office }, use) => {
		const link = await Link.open(office);
		await use(link);
		await link.close();
	},
});

test.use(phone);
test.describe.configure({ timeout: 180_000 });

const family = "Sevdija Asanović";
const safe = "Safe to leave: the office has everything";

/** Opens the app anew, as a worker does. */
async function reopen(page, link) {
	await page.goto(`${link.url}/app/`);
	await expect(page.getByRole("heading", { name: /Your PIN/ })).toBeVisible();
	await enter(page, pin);
	await expect(page.getByRole("searchbox")).toBeVisible();
}

/** Sends and fetches until that ends, one way or the other. */
async function sync(page) {
	await page.getByRole("button", { name: /^(Send and fetch now|Go on)$/ }).click();
	await expect(page.getByRole("button", { name: /^(Send and fetch now|Go on)$/ })).toBeVisible({ timeout: 60_000 });
}

test("a day without a signal, and a link that breaks at every request, lose nothing", async ({ page, office, link }) => {
	await enrol(page, office, link);
	const before = await count(office, "households", "visits", "deliveries");
	link.down = true;
	await page.context().setOffline(true);
	await reopen(page, link);
	await register(page, "Zdravka Probić");
	await visit(page);
	await deliver(page, "Zdravka Probić");
	await reopen(page, link);
	await openHousehold(page, "Zdravka Probić");
	await goTo(page, "sync");
	await expect(page.getByText("is only on this tablet").or(page.getByText("are only on this tablet")).first()).toBeVisible();

	await page.context().setOffline(false);
	await sync(page);
	await expect(page.getByRole("heading", { name: "Do not leave yet" })).toBeVisible();
	await saysWhyIn(page, "Srpski", "Nema veze s kancelarijom");
	await saysWhyIn(page, "English", "There is no connection to the office");

	link.down = false;
	let cut = 0;
	for (let done = false; !done; cut++) {
		let left = Math.trunc(cut / 2); // how many requests the link stands this time
		done = true;
		link.at = (address) => {
			if (!address.startsWith("/api/") || left-- > 0) return "pass";
			done = false;
			return cut % 2 ? "lose" : "refuse";
		};
		await sync(page);
		if (!done && !(await page.getByRole("heading", { name: safe }).isVisible())) continue;
		await expect(page.getByRole("heading", { name: safe })).toBeVisible();
		expect(await count(office, "households", "visits", "deliveries")).toEqual(before.map((n) => n + 1));
		expect(await office.satchel("proofs", "check")).toMatch(/^2 +0 /m); // whole, and lost
	}
	expect(cut, "the link broke").toBeGreaterThanOrEqual(6);
});

/** Expects to read why the last exchange ended early in a language that is chosen only now. */
async function saysWhyIn(page, language, why) {
	await goTo(page, "menu");
	await page.getByRole("radio", { name: language }).check();
	await goTo(page, "sync");
	await expect(page.getByText(why)).toBeVisible();
}

/** Counts the records of some collections that the office has. */
const count = (office, ...collections) => Promise.all(collections.map(async (name) => (await office.satchel("export", name)).trim().split("\n").length));

async function register(page, name) {
	await page.getByRole("button", { name: "New household" }).click();
	await page.getByLabel("Head of the household").fill(name);
	await page.getByRole("radio", { name: "Drsnik, Klina" }).check();
	await page.getByRole("radio", { name: "returnee" }).check();
	await page.getByRole("checkbox", { name: "The family agrees to its data being kept" }).check();
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByRole("heading", { name })).toBeVisible();
}

/** Has the office have the app's next release, and gives what makes its service worker of the former one's. */
async function upgrade(page, link) {
	const newer = (text) => text.replace("<head>", '<head><meta name="release" content="the next">');
	const index = newer(await (await page.request.get(`${link.url}/app/index.html`)).text());
	const integrity = `sha256-${createHash("sha256").update(index).digest("base64")}`;
	const worker = (text) => text.replace(/\+"[\w-]{8}";/, '+"the-next";').replace(/("index\.html":")[^"]*/, `$1${integrity}`);
	link.rewrites = { "/app/sw.js": worker, "/app/index.html": newer };
	return worker;
}

/** Has the browser ask for a newer release, and gives what becomes of it. */
const update = (page) => page.evaluate(async () => {
	const { installing } = await (await navigator.serviceWorker.ready).update();
	while (installing.state === "installing") await new Promise((changed) => installing.addEventListener("statechange", changed, { once: true }));
	return installing.state;
});

test("a newer app waits until it is wanted, and finds what was not sent", async ({ page, office, link }) => {
	await enrol(page, office, link);
	await openHousehold(page, family);
	await visit(page);
	await page.evaluate(() => navigator.serviceWorker.ready);
	const worker = await upgrade(page, link);
	link.rewrites["/app/sw.js"] = (text) => worker(text).replace(/("index\.html":"sha256-)[^"]*/, `$1${"A".repeat(43)}=`);
	expect(await update(page), "of a page and a release that are not of one another").toBe("redundant");
	link.rewrites["/app/sw.js"] = worker;
	await reopen(page, link);
	const next = page.locator('meta[name="release"]');
	await expect(page.getByText("A newer version of the app is on this tablet.")).toBeVisible();
	await reopen(page, link);
	await expect(page.getByText("A newer version of the app is on this tablet.")).toBeVisible();
	await openHousehold(page, family);
	await page.getByRole("button", { name: "Visit", exact: true }).click();
	await page.getByLabel("Findings").fill("The stove smokes.");
	await expect(page).toHaveURL(/#\/visit\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
	await expect(next).toHaveCount(0);
	await goTo(page, "");
	link.down = true;
	await page.getByRole("button", { name: "Use it now" }).click();
	await expect(next).toHaveCount(1);
	await expect(page.getByRole("heading", { name: /Your PIN/ })).toBeVisible();
	await enter(page, pin);
	await expect(page.getByText("Begun and not saved")).toBeVisible();
	await expect(page.getByRole("button", { name: /^1 not yet sent/ })).toBeVisible();
	link.down = false;
	await page.getByRole("button", { name: /^1 not yet sent/ }).click();
	await expect(page.getByRole("heading", { name: safe })).toBeVisible({ timeout: 40_000 });
});

test("a tablet that is taken out of the programme hands in what it has, and then is empty", async ({ page, office, link }) => {
	await enrol(page, office, link);
	await openHousehold(page, family);
	const [household] = page.url().match(/[0-9a-f-]{36}/);
	await visit(page);
	await deliver(page, family);
	expect(await onDisk(page, household)).toBe(true);
	await office.satchel("device", "revoke", "Tablet 7");
	link.at = (address) => (address.startsWith("/api/v1/blobs/") ? "refuse" : "pass");
	await page.getByRole("button", { name: /^4 not yet sent/ }).click();
	await expect(page.getByText("2 photos and signatures are only on this tablet")).toBeVisible({ timeout: 40_000 });
	link.at = () => "pass";
	await page.getByRole("button", { name: "Go on" }).click();
	await expect(page.getByRole("heading", { name: "This tablet is empty" })).toBeVisible({ timeout: 40_000 });
	expect(await onDisk(page, household)).toBe(false);
	expect(await office.ask("review", "list", "--kind", "held")).toHaveLength(2);
	expect(await office.satchel("proofs", "check")).toMatch(/^2 +0 /m); // whole, and lost
	await page.reload();
	await expect(page.getByRole("heading", { name: "This tablet is empty" })).toBeVisible();
	await expect(page.getByText(family)).toHaveCount(0);
});

/** Tells whether a text stands in any file that the app has on the disk. */
const onDisk = (page, text) => page.evaluate(async (sought) => {
	const within = async (folder) => {
		for await (const entry of folder.values()) {
			if (entry.kind === "directory" ? await within(entry) : (await (await entry.getFile()).text()).includes(sought)) return true;
		}
		return false;
	};
	return within(await navigator.storage.getDirectory());
}, text);

/** Moves the clock of a tablet's app on by what an expression says, in ms: in its page and in the worker that holds its store. */
async function moveClock(page, link, ms) {
	const clock = (text) => `{const real=Date,now=()=>real.now()+(${ms});globalThis.Date=class extends real{constructor(...of){super(...(of.length?of:[now()]))}static now(){return now()}}}${text}`;
	const release = await (await page.request.get(`${link.url}/app/sw.js`)).text();
	for (const [file] of release.matchAll(/assets\/(app|worker)-[\w-]+\.js/g)) link.rewrites[`/app/${file}`] = clock;
}

test("a clock that is a year ahead is told, and what it dates is right at the office", async ({ page, office, link }) => {
	const hour = () => new Date().toISOString().slice(0, 13).replace("T", " ");
	const begun = hour();
	await moveClock(page, link, 366 * 24 * 3600 * 1000);
	await enrol(page, office, link);
	await openHousehold(page, family);
	await visit(page);
	await deliver(page, family);
	await page.getByRole("button", { name: /^4 not yet sent/ }).click();
	await expect(page.getByRole("heading", { name: safe })).toBeVisible({ timeout: 40_000 });
	await goTo(page, "attention");
	await expect(page.getByRole("heading", { name: "The clock of this tablet is wrong" })).toBeVisible();
	await expect(page.getByText("It is 8,784 hours fast.")).toBeVisible();
	const visits = (await office.satchel("export", "visits", "--where", "findings=The roof leaks.")).trim().split("\n");
	expect(visits).toHaveLength(2);
	const deliveries = (await office.satchel("export", "deliveries")).trim().split("\n");
	for (const last of [visits, deliveries]) expect(last.at(-1)).toMatch(new RegExp(`${begun}|${hour()}`));
});

test("whoever enters ten wrong PINs waits longer and longer, and costs the worker nothing but time", async ({ page, office, link }) => {
	await moveClock(page, link, "(globalThis.later??=(new BroadcastChannel('later').onmessage=({data})=>globalThis.later=data,0),globalThis.later)");
	await enrol(page, office, link);
	await openHousehold(page, family);
	await visit(page);
	await goTo(page, "");
	await page.getByRole("button", { name: "Lock" }).click();
	let later = 0;
	for (const seconds of [0, 0, 30, 60, 300, 900, 900, 900, 900, 900]) {
		await expect(page.getByRole("group", { name: "Your PIN" })).toBeVisible();
		await enter(page, "111111");
		await expect(page.getByText("The PIN is wrong.")).toBeVisible();
		if (seconds === 0) continue;
		if (later === 0) await page.reload(); // which shortens nothing
		const wait = page.getByText(/^Too many wrong PINs\. Try again in \d+ seconds\.$/);
		await expect(wait).toBeVisible();
		expect(Number((await wait.textContent()).match(/\d+/)[0])).toBeGreaterThan(seconds - 20);
		await expect(page.getByRole("group", { name: "Your PIN" })).toHaveCount(0);
		later += seconds * 1000;
		await page.evaluate((ms) => { new BroadcastChannel("later").postMessage(ms); globalThis.later = ms; }, later);
	}
	await expect(page.getByRole("group", { name: "Your PIN" })).toBeVisible();
	await enter(page, pin);
	await expect(page.getByRole("button", { name: /^1 not yet sent/ })).toBeVisible();
});

test("what two tablets wrote unseen is settled in the console, and the worker is told", async ({ page, office, browser }) => {
	await enrol(page, office);
	const { code } = await office.ask("device", "invite", "--holder", "klina", "--area", "Klina", "Tablet 8");
	const eight = await office.tablet("Tablet 8", code);
	await eight("sync");
	await openHousehold(page, family);
	await page.getByRole("button", { name: "Correct" }).click();
	await page.getByLabel("Phone", { exact: true }).fill("+383 44 700 700");
	await page.getByRole("button", { name: "Save" }).click();
	await eight("household", "edit", "IDP-KLINA-1-0004", "--set", "phone=+383 44 800 800");
	await eight("sync");
	await page.getByRole("button", { name: /^1 not yet sent/ }).click();
	await expect(page.getByRole("heading", { name: safe })).toBeVisible({ timeout: 40_000 });
	await goTo(page, "attention");
	const clash = page.locator("section.card", { hasText: "without knowing of each other" });
	await expect(clash).toContainText("You wrote+383 44 700 700");
	await expect(clash).toContainText("Shown now+383 44 800 800");

	const admin = await (await browser.newContext({ baseURL: office.url, viewport: { width: 1280, height: 850 } })).newPage();
	await logIn(admin, "admin", await adminPassword());
	await admin.goto("/review?kind=conflict");
	await admin.getByRole("link", { name: family }).first().click();
	await admin.getByLabel("+383 44 800 800").check();
	await admin.getByLabel(/^Reason/).fill("the family has one phone");
	await admin.getByRole("button", { name: "Save", exact: true }).click();
	await expect(admin.locator("#standing")).toContainText("Decided by");
	await admin.context().close();

	await goTo(page, "sync");
	await sync(page);
	await goTo(page, "attention");
	await expect(clash).toHaveCount(0);
	const told = page.locator("section.card", { hasText: "it was decided what counts" });
	await expect(told).toContainText("You wrote+383 44 700 700");
	await expect(told).toContainText("Counts now+383 44 800 800");
	await told.getByRole("button", { name: "I have seen it" }).click();
	await expect(told).toHaveCount(0);
});

test("a full tablet says that it is, also when it is opened, and goes on once there is room", async ({ page, office }) => {
	await enrol(page, office);
	await openHousehold(page, family);
	await page.getByRole("button", { name: "Visit", exact: true }).click();
	await page.getByRole("radio", { name: "own house" }).check();
	await expect(page).toHaveURL(/#\/visit\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
	const session = await page.context().newCDPSession(page);
	const room = (quota) => session.send("Storage.overrideQuotaForOrigin", { origin: office.url, ...quota });
	await room({ quotaSize: 1 });
	await page.getByRole("radio", { name: "None planned" }).focus();
	const full = page.getByText("The tablet is full.");
	for (let i = 0; i < 2; i++) { // also the second time
		await page.getByRole("button", { name: "Save" }).click();
		await expect(full).toBeInViewport();
		await page.getByRole("radio", { name: "None planned" }).focus();
		await expect(full).not.toBeInViewport();
	}
	await page.reload();
	await expect(page.getByText("The tablet is full. Satchel cannot open;")).toBeVisible();
	await room({});
	await page.reload();
	await expect(page.getByRole("heading", { name: /Your PIN/ })).toBeVisible();
	await enter(page, pin);
	await expect(page.getByText("Draft restored")).toBeVisible();
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByText("The visit is saved on this tablet.")).toBeVisible();
});
