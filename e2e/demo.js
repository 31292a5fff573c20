// Makes, once, what every test begins with: the programs, and a data directory filled by `satchel demo`.
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));

/** work is the folder for all that the tests make. */
export const work = path.join(here, ".work");
/** data is the data directory that is copied for each test. */
export const data = path.join(work, "data");
/** printed is what the demo printed, with the administrator's password. */
export const printed = path.join(work, "demo.txt");

/** program gives the path of one of the programs. */
export const program = (name) => path.join(work, name);

export default async function () {
	await rm(work, { recursive: true, force: true });
	await mkdir(work, { recursive: true });
	const top = path.join(here, "..");
	await run("go", ["build", "-o", work, "./cmd/satchel", "./cmd/satchel-device"], { cwd: top });
	const { stdout } = await run(program("satchel"), ["demo", "--once", "--data", data], { maxBuffer: 1 << 24 });
	await writeFile(printed, stdout);
}
