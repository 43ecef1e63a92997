// A client of yaml-language-server over standard input and output, like an editor.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Where `.ci/tools` installs it. */
const PROGRAM = fileURLToPath(
  new URL(
    "../../target/tools/editor/node_modules/yaml-language-server/bin/yaml-language-server",
    import.meta.url,
  ),
);
/** No answer takes longer on any machine. */
const LIMIT = 60_000;
const SETTINGS = {
  yaml: { validate: true, hover: true, completion: true, schemaStore: { enable: false } },
};

export class Server {
  #process = spawn(process.execPath, [PROGRAM, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  #received = Buffer.alloc(0);
  #waiting = new Map();
  #problems = new Map();
  #requests = 0;

  static async start() {
    const server = new Server();
    server.#process.stdout.on("data", (bytes) => server.#take(bytes));
    const capabilities = {
      textDocument: {
        completion: { completionItem: { snippetSupport: false } },
        hover: { contentFormat: ["markdown"] },
      },
      workspace: { configuration: true },
    };
    await server.#ask("initialize", { processId: process.pid, rootUri: null, capabilities });
    server.#tell("initialized", {});
    server.#tell("workspace/didChangeConfiguration", { settings: SETTINGS });
    return server;
  }

  stop() {
    this.#process.kill();
  }

  /** Opens a text as a file, and waits until the server has reported its problems. */
  async open(uri, text) {
    const problems = new Promise((resolve) => this.#problems.set(uri, resolve));
    const textDocument = { uri, languageId: "yaml", version: 1, text };
    this.#tell("textDocument/didOpen", { textDocument });
    return await within(problems, `problems of ${uri}`);
  }

  /** The words that are offered at a place. */
  async complete(uri, position) {
    const answer = await this.#ask("textDocument/completion", { textDocument: { uri }, position });
    return (answer.items ?? answer).map((item) => item.label);
  }

  /** What is shown of a place. */
  async hover(uri, position) {
    const answer = await this.#ask("textDocument/hover", { textDocument: { uri }, position });
    return answer?.contents?.value ?? "";
  }

  #ask(method, params) {
    const id = ++this.#requests;
    const answer = new Promise((done, failed) => this.#waiting.set(id, { done, failed }));
    this.#send({ id, method, params });
    return within(answer, method);
  }

  #tell(method, params) {
    this.#send({ method, params });
  }

  #send(message) {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #take(bytes) {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const end = this.#received.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.subarray(0, end))[1]);
      const start = end + 4;
      if (this.#received.length < start + length) return;
      const message = JSON.parse(this.#received.subarray(start, start + length));
      this.#received = this.#received.subarray(start + length);
      this.#hear(message);
    }
  }

  #hear({ id, method, params, result, error }) {
    if (method === "textDocument/publishDiagnostics") {
      this.#problems.get(params.uri)?.(params.diagnostics);
    } else if (method && id !== undefined) {
      // The server requests settings and schemas; it knows the schemas that files name.
      const settings = (items) => items.map(({ section }) => SETTINGS[section] ?? null);
      const answer = method === "workspace/configuration" ? settings(params.items) : null;
      this.#send({ id, result: answer });
    } else if (!method) {
      const { done, failed } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) failed(new Error(error.message));
      else done(result);
    }
  }
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`no answer: ${what}`)), LIMIT);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
