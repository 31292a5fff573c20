// The page that brings a tablet in: it tests what the field app needs, and passes the code of an invitation on to it. The code
// is behind the "#" of the address, which a browser sends to nobody; it never leaves this page but behind another "#".
// @ts-check

/** Gives the code of the invitation, "" if there is none. */
function invitation() {
	const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
	return /^[0-9A-Za-z-]{4,40}$/.test(code) ? code : "";
}

/** Shows the code, and adds it to the links that lead on. */
function passCodeOn() {
	const code = invitation();
	if (!code) return;
	for (const part of document.querySelectorAll("[data-needs-code]")) part.removeAttribute("hidden");
	for (const part of document.querySelectorAll("[data-code]")) part.textContent = code;
	for (const link of document.querySelectorAll("a[data-with-code]")) /** @type {HTMLAnchorElement} */ (link).hash = `code=${encodeURIComponent(code)}`;
}

/** The most minutes that a clock may be off: beyond them the office is told, see "clock" in docs/protocol.md. */
const mostMinutes = 2;

/** How long an answer may take, in ms. */
const patience = 20_000;

const list = /** @type {HTMLElement | null} */ (document.querySelector("[data-host]"));

/** What the field app needs, by the name of the row that says it. Each says whether it is there. */
const tests = {
	name: async () => location.hostname === list?.dataset.host && !/^\[|^[\d.]+$|^localhost$/.test(location.hostname),
	secure: async () => window.isSecureContext,
	reach: async () => (await answer()).ok,
	clock: async () => {
		const began = Date.now();
		const server = Date.parse((await answer()).headers.get("Date") ?? "");
		const minutes = Math.round(Math.abs((began + Date.now()) / 2 - server) / 60_000);
		for (const part of document.querySelectorAll("[data-minutes]")) part.textContent = String(minutes);
		return minutes <= mostMinutes;
	},
	// Whoever passed a warning over has a secure context, and still no service worker: only to register one tells.
	worker: async () => {
		const registration = await navigator.serviceWorker.register(list?.dataset.worker ?? "", { scope: "/assets/" });
		return registration.unregister();
	},
	storage: async () => {
		const folder = await navigator.storage.getDirectory();
		const file = await folder.getFileHandle("connection-test", { create: true });
		const out = await file.createWritable();
		await out.write("kept");
		await out.close();
		const kept = await (await file.getFile()).text();
		await folder.removeEntry("connection-test");
		return kept === "kept";
	},
};

/** Asks the server whether it is well. */
function answer() {
	return fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(patience) });
}

/** Says whether a test succeeds, in time. What throws has failed. */
function succeeds(/** @type {() => Promise<boolean>} */ test) {
	const late = new Promise((resolve) => setTimeout(() => resolve(false), patience));
	return Promise.race([Promise.resolve().then(test).catch(() => false), late]);
}

/** Shows what came of a test: "good", "bad", or "wait" before it is known. What to do is shown where it failed. */
function show(/** @type {Element} */ row, /** @type {string} */ state) {
	const badge = /** @type {Element} */ (row.querySelector("[data-state]"));
	badge.className = `badge ${state}`;
	badge.textContent = document.querySelector(`[data-word="${state}"]`)?.textContent ?? "";
	row.setAttribute("data-now", state);
	for (const part of row.querySelectorAll("[data-bad]")) part.toggleAttribute("hidden", state !== "bad");
}

/** Tests one thing after another, up to the first that fails: what comes behind it needs it. */
async function testConnection() {
	const again = /** @type {HTMLButtonElement} */ (document.querySelector("[data-test-again]"));
	const result = /** @type {HTMLElement} */ (document.querySelector("[data-result]"));
	again.hidden = true;
	result.textContent = result.className = "";
	for (const row of document.querySelectorAll("[data-test]")) show(row, "wait");
	let all = true;
	for (const [name, test] of Object.entries(tests)) {
		all = Boolean(await succeeds(test));
		show(/** @type {Element} */ (document.querySelector(`[data-test="${name}"]`)), all ? "good" : "bad");
		if (!all) break;
	}
	result.className = `notice ${all ? "good" : "bad"}`;
	result.textContent = (all ? result.dataset.good : result.dataset.bad) ?? "";
	again.hidden = false;
}

passCodeOn();
window.addEventListener("hashchange", passCodeOn);
if (list) {
	document.querySelector("[data-test-again]")?.addEventListener("click", testConnection);
	testConnection();
}
