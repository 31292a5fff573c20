// What the tests share: an office with a server of its own for each test, people who log in, tablets that sync, and the eyes
// of somebody who cannot do without a screen reader.
import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect } from "@playwright/test";
import { data, printed, program } from "./demo.js";

export { expect };

const run = promisify(execFile);

/** secret is the password of everybody whom a test adds. */
export const secret = "long enough for all";

/** passphrase is that of every rescue file. */
export const passphrase = "a passphrase to rescue by";

/** An Office is a running server, filled by the demo or empty. */
export class Office {
	constructor(dir, url, child, said) {
		Object.assign(this, { dir, url, child, said });
	}

	/** Starts a server on a copy of the demo's data, or on nothing. */
	static async open(empty) {
		const dir = await mkdtemp(path.join(os.tmpdir(), "satchel-e2e-"));
		if (!empty) await cp(data, dir, { recursive: true });
		const url = `http://127.0.0.1:${await freePort()}`;
		const child = spawn(program("satchel"), ["serve", "--data", dir, "--listen", url.slice("http://".length)], { stdio: ["ignore", "pipe", "ignore"] });
		const said = [];
		for await (const line of createInterface({ input: child.stdout })) {
			said.push(line);
			if (line.startsWith("Satchel listens on")) break;
		}
		return new Office(dir, url, child, said.join("\n"));
	}

	async close() {
		const ended = new Promise((resolve) => this.child.once("exit", resolve));
		this.child.kill("SIGINT");
		await ended;
		await rm(this.dir, { recursive: true, force: true });
	}

	/** Runs the office's program, and gives what it prints. */
	async satchel(...args) {
		const { stdout } = await run(program("satchel"), ["--data", this.dir, ...args], { env: { ...process.env, SATCHEL_PASSWORD: secret } });
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
		await logIn(page, "admin", await adminPassword());
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

/** Fails if a page is not for everybody: by WCAG 2.2 AA as far as a program can tell, and on a screen of 320 px. */
export async function expectForEverybody(page) {
	const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
	expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(" | ")}`), page.url()).toEqual([]);
	const size = page.viewportSize();
	await page.setViewportSize({ width: 320, height: 640 });
	const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
	expect(over, `${page.url()} scrolls sideways at 320 px by`).toBeLessThanOrEqual(0);
	await page.setViewportSize(size);
}
