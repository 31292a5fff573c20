// Measures the field app: `npm run measure` in this folder. A tablet with 10,000 households and 40,000 people more is asked what a
// worker asks of it: at this machine's speed, and again while its browser is held still for three quarters of the time.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { chromium } from "@playwright/test";
import config from "./playwright.config.js";
import make from "./demo.js";
import { enrol, phone, pin } from "./fieldapp.js";
import { Office } from "./office.js";

const households = 10_000;
const rounds = 5;

/** The number of a household's card: no two are alike. */
const card = (i) => `KL-${100_003 + ((i * 7919) % 100_003)}`;

/** What is searched for: a common name, two names, the beginning of a name, a card, and what nobody has. */
const searched = ["jovanović", "milica petr", "ajš", card(4711), "nobody"];


/** Adds households of four people to the office, in one area, by importing files. One in five is due something. */
async function fill(office) {
	const names = (await office.satchel("export", "people")).trim().split("\n").slice(1).map((row) => row.split(",")[3].split(" "));
	const [given, surnames] = [0, 1].map((part) => [...new Set(names.map((name) => name[part]))]);
	const pick = (list, n) => list[(n * 7919) % list.length];
	const files = {
		households: ["card_number,head_name,status,area,address,phone"],
		people: ["household,name,sex,birth_year,document_number"],
		entitlements: ["household,project,assistance_type,quantity,approved_on,status"],
	};
	for (let i = 0; i < households; i++) {
		const [number, surname] = [card(i), pick(surnames, i)];
		files.households.push(`${number},${pick(given, i)} ${surname},idp,Klina,${surname}a ${1 + (i % 90)},+381 60 000 ${String(i).padStart(4, "0")}`);
		for (let m = 0; m < 4; m++) {
			files.people.push(`${number},${pick(given, i + m)} ${surname},${m % 2 ? "male" : "female"},${1940 + ((i + 17 * m) % 75)},D${i}-${m}`);
		}
		if (i % 5 === 0) files.entitlements.push(`${number},G11,FURNITURE,1,2019-02-19,approved`);
	}
	for (const [collection, rows] of Object.entries(files)) {
		const file = path.join(office.dir, `${collection}.csv`);
		await writeFile(file, rows.join("\n"));
		await office.satchel("import", collection, file);
	}
}

/** Runs in the page before the app: notes what the app asks of its store, and how long the answer took. */
function watch() {
	window.asked = [];
	const post = Worker.prototype.postMessage;
	Worker.prototype.postMessage = function (call) {
		const ask = { method: call.method, at: performance.now(), took: 0 };
		window.asked.push(ask);
		const answered = ({ data }) => {
			if (data.id !== call.id) return;
			ask.took = performance.now() - ask.at;
			this.removeEventListener("message", answered);
		};
		this.addEventListener("message", answered);
		post.call(this, call);
	};
}

/** What a worker does: an act in the page, and what the app asks of its store for it. */
const acts = {
	unlock: [() => dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" })), "unlock"],
	search: [(text) => {
		const box = document.querySelector("input[type=search]");
		box.value = text;
		box.dispatchEvent(new Event("input"));
	}, "search"],
	home: [() => { location.hash = "#/"; }, "today"],
	household: [() => document.querySelector("main .card").click(), "aid"],
	save: [() => document.querySelector("button.done").click(), "save"],
};

/** Does it, and gives the ms until the answer is drawn. */
const time = (page, name, arg) => page.evaluate(async ([act, method, arg]) => {
	const begun = performance.now();
	const drawn = () => new Promise(requestAnimationFrame);
	new Function("arg", `(${act})(arg)`)(arg);
	while (!window.asked.some((ask) => ask.method === method && ask.at >= begun && ask.took > 0)) await drawn();
	await drawn();
	return performance.now() - begun;
}, [String(acts[name][0]), acts[name][1], arg]);

/** Holds a browser still for three quarters of the time, with all of its processes, until what it gives is called. Chromium's own
 * throttling slows the page, and not the worker that has the store. */
async function slow(browser) {
	const on = new Int32Array(new SharedArrayBuffer(4)).fill(1);
	const slowing = new Worker(`
		const { workerData: [browser, on] } = require("node:worker_threads");
		const wait = (ms) => {
			const begun = performance.now();
			Atomics.wait(on, 0, 1, ms);
			return performance.now() - begun;
		};
		for (let owed = 0; Atomics.load(on, 0) === 1; ) {
			owed += 3 * wait(5); // which takes longer on a machine that has much to do
			process.kill(-browser, "SIGSTOP");
			if (owed > 0) owed -= wait(owed);
			process.kill(-browser, "SIGCONT");
		}`, { eval: true, workerData: [browser, on] });
	await once(slowing, "online");
	return async () => {
		Atomics.store(on, 0, 0);
		Atomics.notify(on, 0);
		await once(slowing, "exit");
	};
}

/** A Tablet is a browser with the app, and the times that were taken on it. */
class Tablet {
	constructor(context, session, slowly) {
		Object.assign(this, { context, session, slowly, taken: new Map() });
	}

	static async open(office, slowly) {
		const { launchOptions, locale } = config.use;
		const context = await chromium.launchPersistentContext(path.join(office.dir, `browser-${slowly}`), { ...launchOptions, ...phone, locale, baseURL: office.url });
		await context.addInitScript(watch);
		return new Tablet(context, await context.browser().newBrowserCDPSession(), slowly);
	}

	/** The processes of a kind. */
	async processes(kind) {
		return (await this.session.send("SystemInfo.getProcessInfo")).processInfo.filter(({ type }) => type === kind);
	}

	/** The processor time of all pages and workers up to now, in ms. */
	async cpu() {
		return (await this.processes("renderer")).reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
	}

	/** Waits until the app has nothing more to do. */
	async rest() {
		for (let [was, is] = [-Infinity, 0]; is - was > 50; is = await this.cpu()) {
			was = await this.cpu();
			await setTimeout(1000);
		}
	}

	/** Takes the time of something, which gives the ms that it took. */
	async take(name, run) {
		const [browser] = await this.processes("browser");
		const end = this.slowly ? await slow(browser.id) : () => {};
		const cpu = await this.cpu();
		const wall = await run();
		const spent = (await this.cpu()) - cpu;
		await end();
		this.note(name, wall, spent);
	}

	note(name, wall, cpu) {
		this.taken.set(name, [...(this.taken.get(name) ?? []), { wall, cpu }]);
	}
}

/** Does what a worker does on one day. */
async function day(tablet, round) {
	const page = await tablet.context.newPage();
	await tablet.take("start", async () => {
		await page.goto("/app/");
		await page.locator(".numpad").waitFor();
		return page.evaluate(() => performance.now());
	});
	await page.keyboard.type(pin);
	await tablet.take("unlock, and first search", async () => {
		const unlock = await time(page, "unlock");
		tablet.note("unlock", unlock);
		await page.getByRole("searchbox").waitFor();
		return unlock + (await time(page, "search", "dragan"));
	});
	for (const text of searched) await tablet.take("search", () => time(page, "search", text));
	await time(page, "search", card(1000 + round));
	await tablet.take("household", () => time(page, "household"));
	await tablet.take("home", () => time(page, "home"));
	await time(page, "search", card(1000 + round));
	await time(page, "household");
	await page.getByRole("button", { name: "Correct" }).click();
	await page.getByLabel("Phone").fill(`+381 60 111 ${round}`);
	await tablet.take("save", () => time(page, "save"));
	await page.close();
}

/** Fills a tablet, and takes the times of some days on it. */
async function measure(office, slowly) {
	const tablet = await Tablet.open(office, slowly);
	const page = await tablet.context.newPage();
	await tablet.take("first download", async () => {
		await enrol(page, office, { timeout: 600_000 });
		return page.evaluate(() => window.asked.find((ask) => ask.method === "sync").took);
	});
	await tablet.rest();
	tablet.size = await page.evaluate(async () => (await navigator.storage.estimate()).usage);
	await page.close();
	for (let round = 0; round < rounds; round++) await day(tablet, round);
	await tablet.context.close();
	return tablet;
}

const median = (list) => (list[0] === undefined ? "–" : Math.round(list.toSorted((a, b) => a - b)[list.length >> 1]));

await make();
const office = await Office.open();
const measured = [];
try {
	await fill(office);
	for (const slowly of [false, true]) measured.push(await measure(office, slowly));
} finally {
	await office.close();
}
const [fast, slowed] = measured;
console.log("| what | n | ms | ms of processor time | ms at a quarter of the speed |\n|---|---|---|---|---|");
for (const [name, taken] of fast.taken) {
	const cells = [taken.map(({ wall }) => wall), taken.map(({ cpu }) => cpu), slowed.taken.get(name).map(({ wall }) => wall)].map(median);
	console.log(`| ${[name, taken.length, ...cells].join(" | ")} |`);
}
console.log(`The store takes ${Math.round(fast.size / 1e6)} MB.`);
