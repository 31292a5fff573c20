// The review desk: keys in the list, and a conflict that says how far it is decided. Everything works without it.
// @ts-check

/** Whether single keys do something; somebody may not want that. */
const useKeys = /** @type {HTMLInputElement | null} */ (document.getElementById("use-keys"));

/** Moves the focus from item to item, assigns and helps by single keys. */
function listenToKeys() {
	if (useKeys) {
		useKeys.checked = localStorage.getItem("satchel_keys") !== "off";
		useKeys.addEventListener("change", () => localStorage.setItem("satchel_keys", useKeys.checked ? "on" : "off"));
	}
	document.addEventListener("keydown", (event) => {
		const at = /** @type {Element} */ (event.target);
		if (event.ctrlKey || event.altKey || event.metaKey || at.matches("input, select, textarea") || localStorage.getItem("satchel_keys") === "off") return;
		const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
		const items = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("a.item")]);
		if (step && items.length > 0) {
			move(items, step);
		} else if (step && event.key.length === 1) {
			/** @type {HTMLAnchorElement | null} */ (document.querySelector(`a[data-key="${event.key}"]`))?.click();
		} else if (event.key === "a" && at.matches("a.item")) {
			take(at);
		} else if (event.key === "?" && useKeys) {
			const keys = /** @type {HTMLDetailsElement} */ (document.getElementById("keys"));
			keys.open = !keys.open;
			if (keys.open) keys.scrollIntoView({ block: "nearest" });
		} else {
			return;
		}
		event.preventDefault();
	});
}

/** Moves on from the row in which the focus is. @param {HTMLAnchorElement[]} items @param {number} step */
function move(items, step) {
	const row = document.activeElement?.closest("tr");
	const now = items.findIndex((item) => item.closest("tr") === row);
	const next = now < 0 ? 0 : Math.min(Math.max(now + step, 0), items.length - 1);
	items[next].focus();
	items[next].scrollIntoView({ block: "nearest" });
}

/** Assigns the item of a row to who is logged in, and stays there: the list follows by itself. @param {Element} item */
async function take(item) {
	const form = /** @type {HTMLFormElement | null} */ (item.closest("tr")?.querySelector("form") ?? null);
	if (form) await fetch(form.action, { method: "POST", body: new URLSearchParams(/** @type {any} */ (new FormData(form))) });
}

/** Keeps a conflict's form from being sent before every field is decided, and shows what will be saved. */
function guideConflict() {
	const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.conflict"));
	if (!form) return;
	const fields = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-field]")]);
	const left = /** @type {HTMLElement} */ (document.getElementById("left"));
	const reason = /** @type {HTMLTextAreaElement} */ (document.getElementById("reason"));
	left.hidden = false;
	for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (form.querySelectorAll("[data-take-all]"))) {
		// Of a device that has two values for one field, "all" would say nothing.
		const sides = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll(`[data-device="${button.dataset.takeAll}"]`)]);
		button.hidden = sides.length < 2 || new Set(sides.map((side) => side.name)).size < sides.length;
		button.addEventListener("click", () => takeAll(form, button.dataset.takeAll));
	}
	form.addEventListener("input", (event) => {
		const at = /** @type {HTMLElement} */ (event.target);
		const other = /** @type {HTMLInputElement | null} */ (at.closest(".result")?.querySelector('input[value="other"]') ?? null);
		if (other && at !== other) other.checked = true;
		update();
	});
	const update = () => {
		const chosen = fields.map((field) => /** @type {HTMLInputElement | null} */ (field.querySelector('input[type="radio"]:checked')));
		chosen.forEach((radio, i) => tell(fields[i], radio));
		const done = chosen.filter(Boolean).length;
		left.textContent = (left.dataset.left ?? "").replace("%", `${done} / ${fields.length}`);
		reason.required = chosen.some((radio) => radio && !radio.hasAttribute("data-shown"));
		const over = overtaken(form);
		for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (form.querySelectorAll(".decide button"))) button.disabled = over || done < fields.length;
	};
	document.addEventListener("satchel:refreshed", update);
	update();
}

/** Chooses what one device wrote in every field in which it wrote something. @param {HTMLFormElement} form @param {string | undefined} device */
function takeAll(form, device) {
	for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll(`[data-device="${device}"]`))) radio.checked = true;
	form.dispatchEvent(new Event("input"));
}

/** Shows what a field will hold. @param {HTMLElement} field @param {HTMLInputElement | null} radio */
function tell(field, radio) {
	const output = field.querySelector("output");
	if (!output) return;
	const typed = /** @type {HTMLInputElement | null} */ (field.querySelector(".result :is(input:not([type=radio]), select, textarea)"));
	const text = radio?.value === "other" && typed ? (typed instanceof HTMLSelectElement ? typed.selectedOptions[0]?.text.trim() : typed.value) : radio?.dataset.text;
	output.textContent = radio ? (text || "–") : (output.dataset.undecided ?? "");
	output.className = radio ? "value" : "soft";
}

/** Reports whether the item is not any more as the form shows it, and says so. @param {HTMLFormElement} form */
function overtaken(form) {
	const standing = document.getElementById("standing");
	const over = standing?.dataset.state !== "open" || standing.dataset.digest !== form.dataset.digest;
	const notice = document.getElementById("elsewhere");
	if (notice) notice.hidden = !over;
	return over;
}

listenToKeys();
guideConflict();
