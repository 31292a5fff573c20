// What the tests share: an office with a server of its own for each test, people who log in, tablets that sync, and the eyes
// of somebody who cannot do without a screen reader.
import { execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium, test as base, expect } from "@playwright/test";
import config from "./playwright.config.js";
import { data, printed, program } from "./demo.js";

export { expect };

const run = promisify(execFile);

/** secret is the password of everybody whom a test adds. */
export const secret = "long enough for all";

/** passphrase is that of every rescue file. */
export const passphrase = "a passphrase to rescue by";

/** An Office is a running server, filled by the demo or empty. */
export class Office {
	constructor(dir, url) {
		Object.assign(this, { dir, url, said: "", log: "" });
	}

	/** Starts a server on a copy of the demo's data, or on nothing. */
	static async open(empty) {
		const dir = await mkdtemp(path.join(os.tmpdir(), "satchel-e2e-"));
		if (!empty) await cp(data, dir, { recursive: true });
		const office = new Office(dir, `http://127.0.0.1:${await freePort()}`);
		await office.serve("--listen", office.url.slice("http://".length));
		return office;
	}

	/** Starts one with a certificate authority of its own, for a name; `plain` is where it answers plain HTTP. */
	static async openSecure(name) {
		const dir = await mkdtemp(path.join(os.tmpdir(), "satchel-e2e-"));
		await cp(data, dir, { recursive: true });
		const [port, plain] = [await freePort(), await freePort()];
		const office = new Office(dir, `https://${name}:${port}`);
		office.plain = `http://${name}:${plain}`;
		await office.satchel("tls", "init", "--name", name);
		await office.serve("--listen", `127.0.0.1:${port}`, "--http", `127.0.0.1:${plain}`);
		return office;
	}

	/** Runs the server, and waits until it listens. Its log is kept. */
	async serve(...args) {
		this.child = spawn(program("satchel"), ["serve", "--data", this.dir, ...args], { stdio: ["ignore", "pipe", "pipe"] });
		this.child.stderr.on("data", (part) => (this.log += part));
		for await (const line of createInterface({ input: this.child.stdout })) {
			this.said += `${line}\n`;
			if (line.startsWith("Satchel listens on")) break;
		}
	}

	async close() {
		const ended = new Promise((resolve) => this.child.once("exit", resolve));
		this.child.kill("SIGINT");
		await ended;
		await rm(this.dir, { recursive: true, force: true });
	}

	/** Runs the office's program, and gives what it prints. */
	async satchel(...args) {
		const { stdout } = await run(program("satchel"), ["--data", this.dir, ...args], { env: { ...process.env, SATCHEL_PASSWORD: secret, SATCHEL_PASSPHRASE: passphrase } });
		return stdout;
	}

	/** Runs it with --json, and gives what that says. */
	async ask(...args) {
		return JSON.parse(await this.satchel("--json", ...args));
	}

	/** Makes a device that is enrolled by a code, and gives a function that runs its program. */
	async tablet(name, code) {
		const file = path.join(this.dir, `${name}.satchel`);
		const device = async (...args) => {
			const { stdout } = await run(program("satchel-device"), ["--store", file, ...args], { env: { ...process.env, SATCHEL_PIN: "246810", SATCHEL_PASSPHRASE: passphrase } });
			return stdout;
		};
		await device("enrol", this.url, code);
		return device;
	}
}

/**
 * Opens the browser of a tablet that finds a secure office's name, and trusts its authority or does not: by Chromium's own store
 * of certificates (NSS), in a home of its own, so that it decides as it does for people. Gives a page, and what closes it.
 */
export async function openTablet(office, trusts) {
	const home = await mkdtemp(path.join(os.tmpdir(), "satchel-tablet-"));
	if (trusts) {
		const store = path.join(home, ".pki/nssdb");
		await mkdir(store, { recursive: true });
		await run("certutil", ["-d", `sql:${store}`, "-N", "--empty-password"]);
		const { file } = await office.ask("tls", "show");
		await run("certutil", ["-d", `sql:${store}`, "-A", "-t", "C,,", "-n", "Satchel", "-i", file]);
	}
	const { launchOptions, locale } = config.use;
	const browser = await chromium.launchPersistentContext(path.join(home, "profile"), {
		...launchOptions,
		args: [...launchOptions.args, `--host-resolver-rules=MAP ${new URL(office.url).hostname} 127.0.0.1`],
		env: { ...process.env, HOME: home },
		locale,
		viewport: { width: 800, height: 1280 },
	});
	const close = async () => {
		await browser.close();
		await rm(home, { recursive: true, force: true });
	};
	return { page: await browser.newPage(), close };
}

/** A port that nobody listens on just now. */
async function freePort() {
	const probe = createServer();
	await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
	const { port } = probe.address();
	await new Promise((resolve) => probe.close(resolve));
	return port;
}

/** The password of the demo's administrator, whose login is admin. */
export async function adminPassword() {
	return (await readFile(printed, "utf8")).match(/^\s*password\s+(\S+)/m)[1];
}

export const test = base.extend({
	/** The office of a test; `test.use({ empty: true })` gives one in which nobody has worked yet. */
	empty: [false, { option: true }],
	office: async ({ empty }, use) => {
		const office = await Office.open(empty);
		await use(office);
		await office.close();
	},
	baseURL: async ({ office }, use) => use(office.url),
	/** A page on which the administrator is logged in. Whatever goes wrong in its scripts fails the test. */
	admin: async ({ page }, use) => {
		const wrong = watchErrors(page);
		await page.request.post("/login", { form: { login: "admin", password: await adminPassword() }, failOnStatusCode: true });
		await use(page);
		expect(wrong).toEqual([]);
	},
});

/** Notes what a page complains of. What a form could not do is answered with a status that Chromium complains of too. */
export function watchErrors(page) {
	const wrong = [];
	page.on("pageerror", (error) => wrong.push(String(error)));
	page.on("console", (message) => {
		if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) wrong.push(message.text());
	});
	return wrong;
}

/** Logs somebody in. */
export async function logIn(page, login, password = secret) {
	await page.goto("/login");
	await page.fill("#login", login);
	await page.fill("#password", password);
	await page.click("main button.primary");
	await expect(page).not.toHaveURL(/login/);
}

/** Chooses the language in which pages are shown. */
export async function speak(page, office, tag) {
	await page.context().addCookies([{ name: "satchel_language", value: tag, url: office.url }]);
}

/** axe is the program that looks, as a file. A test that opens many pages has each bring it along, which is cheaper than to put it in. */
export const axe = fileURLToPath(import.meta.resolve("axe-core/axe.min.js"));

/** A screen than which none is smaller. */
export const smallest = { width: 320, height: 640 };

/** What WCAG 2.2 AA asks for, as far as a program can tell, and what of it is about colours. */
const wcag = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };
const colours = ["color-contrast", "link-in-text-block"];

/** Fails if a page is not for everybody: by WCAG 2.2 AA as far as a program can tell, and on the smallest screen. */
export async function expectForEverybody(page) {
	await expectNothing(page, { runOnly: wcag });
	const size = page.viewportSize();
	await page.setViewportSize(smallest);
	await expectNarrow(page);
	await page.setViewportSize(size);
}

/** Fails if a page on the smallest screen is not for everybody, but for its colours: they are the same in every language. */
export async function expectWords(page) {
	expect(page.viewportSize()).toEqual(smallest);
	await expectNothing(page, { runOnly: wcag, rules: Object.fromEntries(colours.map((rule) => [rule, { enabled: false }])) });
	await expectNarrow(page);
}

/** Fails if the colours of a page are not for everybody in the dark, where nothing else is different. */
export async function expectDark(page) {
	await page.emulateMedia({ colorScheme: "dark" });
	await expectNothing(page, { runOnly: { type: "rule", values: colours } });
	await page.emulateMedia({ colorScheme: "light" });
}

async function expectNarrow(page) {
	const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
	expect(over, `${page.url()} scrolls sideways at 320 px by`).toBeLessThanOrEqual(0);
}

async function expectNothing(page, options) {
	if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(await readFile(axe, "utf8"));
	const found = await page.evaluate(async (all) => {
		const { violations } = await window.axe.run(document, { ...all, resultTypes: ["violations"] });
		return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(" | ")}`);
	}, options);
	expect(found, page.url()).toEqual([]);
}
