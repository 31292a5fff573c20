// A link between a tablet's browser and the office, as villages have it: it can be down, and can break at any request.
import { createServer, request as ask } from "node:http";

/** A Link passes on what a browser asks of an office, byte for byte, unless it is told otherwise. */
export class Link {
	/** Where the browser finds the office behind the link. */
	url = "";
	/** Whether nothing passes. */
	down = false;
	/** What is done at each request, by its address: it answers "refuse" for one that is not to come to the office, "lose" for one whose answer is not to come back. */
	at = () => "pass";
	/** How the text of some answers is changed, by path. */
	rewrites = {};

	static async open(office) {
		const link = new Link();
		link.server = createServer((asked, answer) => void link.#pass(office.url, asked, answer));
		await new Promise((resolve) => link.server.listen(0, "127.0.0.1", resolve));
		link.url = `http://127.0.0.1:${link.server.address().port}`;
		return link;
	}

	/** Ends it, with whatever is under way. */
	close() {
		this.server.closeAllConnections();
		return new Promise((resolve) => this.server.close(resolve));
	}

	async #pass(office, asked, answer) {
		const fate = this.down ? "refuse" : this.at(asked.url);
		if (fate === "refuse") return asked.socket.destroy();
		const { headers, statusCode, body } = await forward(office, asked).catch(() => ({}));
		if (!body || fate === "lose") return asked.socket.destroy();
		const rewrite = this.rewrites[new URL(asked.url, office).pathname];
		answer.writeHead(statusCode, headers);
		answer.end(rewrite ? rewrite(body.toString()) : body);
	}
}

/** Has the office answer a request, and gives its answer once it is complete. */
function forward(office, asked) {
	return new Promise((resolve, reject) => {
		const { "accept-encoding": _, ...headers } = asked.headers;
		const onward = ask(office + asked.url, { method: asked.method, headers }, (answered) => {
			const parts = [];
			answered.on("data", (part) => parts.push(part)).on("error", reject).on("end", () => {
				const { "content-length": _, "transfer-encoding": __, connection, ...kept } = answered.headers;
				resolve({ headers: kept, statusCode: answered.statusCode, body: Buffer.concat(parts) });
			});
		});
		asked.pipe(onward).on("error", reject);
	});
}
