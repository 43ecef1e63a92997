// Texts with a cursor, opened in the server.
import { readFileSync } from "node:fs";

/** A schema of the repository: where it is, and what it says. */
export function schemaOf(name) {
  const uri = new URL(`../../schema/${name}`, import.meta.url);
  return { uri: uri.href, value: JSON.parse(readFileSync(uri, "utf8")) };
}

let opened = 0;

/** Opens a text whose first line names a schema; `‸` is the cursor. */
export async function open(server, schema, text) {
  const whole = `# yaml-language-server: $schema=${schema.uri}\n${text}`;
  const lines = whole.split("‸")[0].split("\n");
  const position = { line: lines.length - 1, character: lines.at(-1).length };
  const uri = new URL(`opened-${++opened}.yaml`, import.meta.url).href;
  const problems = await server.open(uri, whole.replace("‸", ""));
  return { uri, position, problems };
}

/** The lines of the text, counted from 1 as people do, and what is said of them. */
export async function problemsOf(server, schema, text) {
  const { problems } = await open(server, schema, text);
  return problems.map(({ range, message }) => `${range.start.line}: ${message}`);
}

export async function wordsAt(server, schema, text) {
  const { uri, position } = await open(server, schema, text);
  return await server.complete(uri, position);
}

/** What is shown at the cursor, without the marks of Markdown. */
export async function shownAt(server, schema, text) {
  const { uri, position } = await open(server, schema, text);
  return plain(await server.hover(uri, position));
}

export function plain(text) {
  return text.replaceAll("\\", "").replace(/\s+/g, " ");
}
