// What pages do beyond what HTML does by itself. Every page can be read, and every form sent, without it.
// @ts-check

/** Sends a form as soon as one of its fields marked data-submit is changed. */
function submitOnChange() {
	document.addEventListener("change", (event) => {
		const field = event.target;
		if (field instanceof HTMLSelectElement && field.hasAttribute("data-submit")) field.form?.requestSubmit();
	});
}

/** Asks before a form or button marked data-confirm does what it says. */
function confirmFirst() {
	document.addEventListener("submit", (event) => {
		const form = /** @type {HTMLFormElement} */ (event.target);
		const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
		if (question && !window.confirm(question)) event.preventDefault();
	});
}

/** Shows the buttons that need a script, and has them do what they are for. */
function wireButtons() {
	for (const button of document.querySelectorAll("[data-print]")) {
		button.removeAttribute("hidden");
		button.addEventListener("click", () => window.print());
	}
	for (const button of document.querySelectorAll("[data-add-row]")) {
		button.removeAttribute("hidden");
		button.addEventListener("click", () => addRow(/** @type {Element} */ (button.closest("[data-rows]"))));
	}
}

/** Adds a row like the last one, with nothing in it, and goes there. */
function addRow(/** @type {Element} */ rows) {
	const all = rows.querySelectorAll("[data-row]");
	const last = all[all.length - 1];
	const row = /** @type {Element} */ (last.cloneNode(true));
	for (const part of row.querySelectorAll("[id], [for]")) {
		for (const name of ["id", "for"]) {
			const value = part.getAttribute(name);
			if (value) part.setAttribute(name, value.replace(/\d+$/, String(all.length)));
		}
		if (part instanceof HTMLInputElement || part instanceof HTMLSelectElement) part.value = "";
	}
	last.after(row);
	row.querySelector("input")?.focus();
}

/**
 * Brings the parts of the page that are marked data-live, and have an id, up to date whenever the server says that something
 * changed: from the page itself or, where data-live names one, from another. A part in which somebody is at work (it has the
 * focus in a field) stays as it is.
 */
function stayLive() {
	const from = document.body.dataset.liveFrom;
	if (!from || !document.querySelector("[data-live]")) return;
	/** @type {EventSource | null} */
	let source = null;
	// A browser has six connections to a server: pages that nobody looks at must not hold them.
	const follow = () => {
		source?.close();
		source = null;
		if (document.hidden) return;
		source = new EventSource(from);
		source.addEventListener("changed", refresh);
		source.addEventListener("ended", () => {
			source?.close();
			refresh();
		});
	};
	document.addEventListener("visibilitychange", follow);
	window.addEventListener("pagehide", () => source?.close());
	follow();
}

let refreshing = false;
let again = false;

async function refresh() {
	again = true;
	if (refreshing) return;
	refreshing = true;
	try {
		while (again) {
			again = false;
			const sources = new Set([...document.querySelectorAll("[data-live][id]")].map((part) => part.getAttribute("data-live") ?? ""));
			for (const source of sources) await refreshFrom(source);
			document.dispatchEvent(new CustomEvent("satchel:refreshed"));
		}
	} finally {
		refreshing = false;
	}
}

async function refreshFrom(/** @type {string} */ source) {
	const answer = await fetch(source || location.href, { headers: { Accept: "text/html" } }).catch(() => null);
	if (!answer) return;
	if (answer.redirected) {
		location.reload(); // the session has ended
		return;
	}
	if (!answer.ok) return;
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");
	for (const part of document.querySelectorAll("[data-live][id]")) {
		if (part.getAttribute("data-live") !== source) continue;
		const next = page.getElementById(part.id);
		next?.setAttribute("data-live", source);
		const focus = document.activeElement;
		const busy = focus !== document.body && part.contains(focus) && /** @type {Element} */ (focus).matches("input, select, textarea");
		if (!next || busy || part.isEqualNode(next)) continue;
		const at = focus && part.contains(focus) ? focus.id : "";
		part.replaceWith(next);
		if (at) document.getElementById(at)?.focus();
	}
}

/** Answers a form marked data-search while somebody types: what was found is in the part of that id. */
function searchWhileTyping() {
	const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-search]"));
	if (!form) return;
	let last = 0;
	let timer = 0;
	form.addEventListener("input", () => {
		clearTimeout(timer);
		timer = window.setTimeout(async () => {
			const mine = ++last;
			const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(/** @type {any} */ (new FormData(form))) }).catch(() => null);
			if (answer?.status === 401) location.reload(); // the session has ended
			if (!answer?.ok || mine !== last) return;
			const page = new DOMParser().parseFromString(await answer.text(), "text/html");
			const id = form.dataset.search ?? "";
			const next = page.getElementById(id);
			if (next && mine === last) document.getElementById(id)?.replaceWith(next);
		}, 150);
	});
}

/** Scrolls long lists of choices to the first that is chosen. */
function showChosen() {
	for (const choices of document.querySelectorAll(".choices")) {
		const chosen = choices.querySelector(":checked");
		if (chosen) choices.scrollTop += chosen.getBoundingClientRect().top - choices.getBoundingClientRect().top - 12;
	}
}

submitOnChange();
showChosen();
searchWhileTyping();
confirmFirst();
wireButtons();
stayLive();
