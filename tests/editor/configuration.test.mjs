// What an editor offers, underlines and shows in roomwright.yaml.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Server } from "./server.mjs";
import { plain, problemsOf, schemaOf, shownAt, wordsAt } from "./text.mjs";

const SCHEMA = schemaOf("roomwright.schema.json");

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

test("keys and words are offered", async () => {
  const offered = await wordsAt(server, SCHEMA, "‸");
  assert.deepEqual(offered.sort(), Object.keys(SCHEMA.value.properties).sort());
  const modes = await wordsAt(server, SCHEMA, "mode: ‸");
  assert.ok(modes.includes("observe") && modes.includes("enforce") && !modes.includes("true"), `${modes}`);
});

test("a misspelt key and an invalid duration are underlined in their lines", async () => {
  const found = await problemsOf(server, SCHEMA, "mode: observe\ndocspace:\n  hots: https://docspace.example.com\n");
  assert.deepEqual(found, ["3: Property hots is not allowed."]);
  const period = await problemsOf(server, SCHEMA, "retry:\n  first: 5 seconds\n");
  assert.ok(period.length === 1 && period[0].startsWith("2: "), `${period}`);
  const right = "mode: observe\nretry: { first: 5 s, attempts: 3 }\nvars: { company: ACME, years: [2026, 2027] }\n";
  assert.deepEqual(await problemsOf(server, SCHEMA, right), []);
});

test("every key shows what it means", async () => {
  let keys = 0;
  for (const [key, property] of Object.entries(SCHEMA.value.properties)) {
    const inner = Object.entries(property.properties ?? {});
    const places = [[`‸${key}: x\n`, property]].concat(
      inner.map(([below, property]) => [`${key}:\n  ‸${below}: x\n`, property]),
    );
    for (const [text, { description }] of places) {
      const shown = await shownAt(server, SCHEMA, text);
      assert.ok(shown.includes(plain(description)), `${text}: ${shown}`);
      keys += 1;
    }
  }
  assert.ok(keys > 25, `${keys}`);
});
