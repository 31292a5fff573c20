// The field app's store in a real browser: what was saved outlives whatever is done to the browser, and one tab has it at a time.
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { chromium } from "@playwright/test";
import { expect, test } from "../office.js";

/** Starts the worker that holds the store, without the screens, and gives the page a function that calls it. */
async function openStore(context, url) {
	const page = await context.newPage();
	await page.goto(`${url}/app/manifest.webmanifest`); // a page of the app's origin that runs nothing by itself
	const release = await (await context.request.get(`${url}/app/sw.js`)).text();
	const worker = `${url}/app/${release.match(/assets\/worker-[\w-]+\.js/)[0]}`;
	await page.evaluate((file) => {
		const store = new Worker(file, { type: "module" });
		const calls = new Map();
		store.onmessage = ({ data }) => {
			if (!calls.has(data.id)) return;
			const { resolve, reject } = calls.get(data.id);
			if (data.failure) reject(new Error(data.failure.code));
			else resolve(data.result);
		};
		window.call = (method, ...args) => new Promise((resolve, reject) => {
			calls.set(calls.size + 1, { resolve, reject });
			store.postMessage({ id: calls.size, method, args });
		});
	}, worker);
	return page;
}

/** What is called what among the made-up families. */
const words = Object.fromEntries(["project", "stove", "piece", "parcel", "visit", "heating", "wood", "electricity", "none", "needs"].map((word) => [word, word]));

const call = (page, ...args) => page.evaluate((all) => window.call(...all), args);
const launch = (dir, { executablePath, args }) => chromium.launchPersistentContext(dir, { executablePath, args });

test("what was saved is there after the browser was killed in the middle of saving", async ({ office, launchOptions }) => {
	test.slow(); // it starts a browser four times
	const dir = await mkdtemp(path.join(os.tmpdir(), "satchel-profile-"));
	const saved = [];
	for (let kills = 0; kills < 3; kills++) {
		const context = await launch(dir, launchOptions);
		const page = await openStore(context, office.url);
		await call(page, "practise", words);
		expect(await lost(page, saved)).toEqual([]);
		await page.exposeFunction("told", (id) => saved.push(id));
		const before = saved.length;
		void page.evaluate(async () => {
			const [area] = await window.call("list", "areas", "");
			for (;;) {
				const id = await window.call("newID");
				const fields = { head_name: '"Ana"', status: '"idp"', area: JSON.stringify(area.id) };
				await window.call("save", { edits: [{ kind: "create", collection: "households", id, fields }] });
				await window.told(id); // before the next one, so that little is saved that is not known to be
			}
		}).catch(() => {}); // it ends with the browser
		await expect.poll(() => saved.length).toBeGreaterThan(before + 5);
		await kill(context);
	}
	const context = await launch(dir, launchOptions);
	const page = await openStore(context, office.url);
	await call(page, "practise", words);
	expect(await lost(page, saved)).toEqual([]);
	await context.close();
	await rm(dir, { recursive: true, force: true });
});

/** Gives the households that were saved, and are not there. */
async function lost(page, saved) {
	const there = new Set((await call(page, "list", "households", "")).map((household) => household.id));
	return saved.filter((id) => !there.has(id));
}

/** Kills the browser, all of its processes at once, as a tablet does that runs out of power. */
async function kill(context) {
	const closed = new Promise((resolve) => context.once("close", resolve));
	const session = await context.browser().newBrowserCDPSession();
	const { processInfo } = await session.send("SystemInfo.getProcessInfo");
	for (const { id } of processInfo) process.kill(id, "SIGKILL");
	await closed;
}

test("one tab has the store, and hands it over when another asks", async ({ office, context }) => {
	const first = await openStore(context, office.url);
	await call(first, "practise", words);
	const second = await openStore(context, office.url);
	expect((await call(second, "door")).state).toBe("elsewhere");
	await expect(call(second, "status")).rejects.toThrow("elsewhere");
	await call(second, "takeOver");
	await expect.poll(async () => (await call(second, "door")).state).toBe("none");
	expect((await call(first, "door")).state).toBe("elsewhere");
	await Promise.all([first, second].map((page) => page.evaluate(async () => { // asked for while it is being opened
		for (const end = Date.now() + 1000; Date.now() < end;) {
			if ((await window.call("door")).state === "elsewhere") await window.call("takeOver");
		}
	})));
	await expect.poll(async () => [(await call(first, "door")).state, (await call(second, "door")).state].sort()).toEqual(["elsewhere", "none"]);
	await call(second, "takeOver");
	await expect.poll(async () => (await call(second, "door")).state).toBe("none");
	await second.close();
	await expect.poll(async () => (await call(first, "door")).state).toBe("none"); // a tab that ends lets go by itself
});

test("a full tablet saves nothing of a form, and saves again once there is room", async ({ office, context }) => {
	const page = await openStore(context, office.url);
	await call(page, "practise", words);
	const session = await context.newCDPSession(page);
	const room = (quotaSize) => session.send("Storage.overrideQuotaForOrigin", { origin: office.url, ...(quotaSize ? { quotaSize } : {}) });
	await room((await page.evaluate(() => navigator.storage.estimate())).usage + (2 << 20));
	const fill = () => page.evaluate(async () => {
		const content = crypto.getRandomValues(new Uint8Array(60_000));
		const kept = [];
		for (let i = 0; i < 100; i++) { // three times what there is room for
			content[0] = i;
			try {
				kept.push(await window.call("keepProof", content, "image/jpeg"));
			} catch (error) {
				return { kept, error: error.message };
			}
		}
		return { kept, error: "" };
	});
	const { kept, error } = await fill();
	expect(error).toBe("storage-full");
	for (const sum of kept) expect((await call(page, "proof", sum)).mediaType).toBe("image/jpeg");
	await room(0);
	expect((await fill()).error).toBe("");
});
