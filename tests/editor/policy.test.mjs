// What an editor offers, underlines and shows in a policy file.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Server } from "./server.mjs";
import { plain, problemsOf, schemaOf, shownAt, wordsAt } from "./text.mjs";

const SCHEMA = schemaOf("policy.schema.json");
const ROLES = [
  "room-manager",
  "content-creator",
  "editor",
  "form-filler",
  "reviewer",
  "commenter",
  "viewer",
];
const TYPES = ["form-filling", "collaboration", "custom", "public", "vdr"];

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

const words = (text) => wordsAt(server, SCHEMA, text);
const problems = (text) => problemsOf(server, SCHEMA, text);

function offers(offered, wanted) {
  for (const word of wanted) assert.ok(offered.includes(word), `${word} in ${offered}`);
  for (const word of ["true", "false", "null"]) assert.ok(!offered.includes(word), `${offered}`);
}

const GRANT = "version: 1\ntemplates:\n  t:\n    grants:\n      - group: HR\n        ";
const MATCH = "version: 1\npolicies:\n  - name: a\n    template: t\n    match:\n      ";

test("only roles are offered where a role is expected", async () => {
  offers(await words(`${GRANT}role: ‸`), ROLES);
  offers(await words("version: 1\nroles:\n  Chief: ‸"), ROLES);
  offers(await words("version: 1\nroles:\n  Chief:\n    default: ‸"), ROLES);
});

test("types are offered alone and in a list, in a policy and in a test", async () => {
  offers(await words(`${MATCH}type: ‸`), TYPES);
  offers(await words(`${MATCH}type:\n        - ‸`), TYPES);
  const room = "version: 1\ntests:\n  - name: a\n    room:\n      title: x\n      ";
  offers(await words(`${room}type: ‸`), TYPES);
});

test("keys are offered where they are valid", async () => {
  for (const [text, definition] of [
    ["version: 1\n‸", SCHEMA.value],
    ["version: 1\ntemplates:\n  t:\n    ‸", SCHEMA.value.definitions.Template],
    ["version: 1\ntemplates:\n  t:\n    settings:\n      ‸", SCHEMA.value.definitions.Settings],
    ["version: 1\npolicies:\n  - ‸", SCHEMA.value.definitions.Policy],
    [`${MATCH}‸`, SCHEMA.value.definitions.Parts],
  ]) {
    const keys = Object.keys(definition.properties).filter((key) => key !== "version");
    offers(await words(text), keys);
  }
});

test("words that are values are offered", async () => {
  const policy = "version: 1\npolicies:\n  - name: a\n    ";
  offers(await words(`${policy}mode: ‸`), ["observe", "enforce"]);
  offers(await words(`${policy}match: ‸`), ["all"]);
  const lifetime = "version: 1\ntemplates:\n  t:\n    settings:\n      lifetime:\n        ";
  offers(await words(`${lifetime}keep: 1 year\n        then: ‸`), ["trash", "delete"]);
});

test("a misspelt key is underlined in its line", async () => {
  const policy = "version: 1\npolicies:\n  - name: a\n    mach: all\n    match: all\n    template: t\n";
  assert.deepEqual(await problems(policy), ["4: Property mach is not allowed."]);
  const setting = "version: 1\ntemplates:\n  t:\n    settings:\n      qouta: 5 GB\n";
  assert.deepEqual(await problems(setting), ["5: Property qouta is not allowed."]);
});

test("an unknown type is underlined in its line, and a glob or a word in any case is not", async () => {
  const of = async (type) => await problems(`${MATCH}title: x\n      type: ${type}\n`);
  for (const type of ["colaboration", "[custom, pubic]", "agent"]) {
    const found = await of(type);
    assert.ok(found.length > 0 && found.every((line) => line.startsWith("7: ")), `${type} ${found}`);
  }
  for (const type of ["custom", "[custom, vdr]", "'c*'", "'{custom,public}'", "Virtual Data Room", "CUSTOM"]) {
    assert.deepEqual(await of(type), [], type);
  }
});

test("a policy without a name is underlined, and so is a file without a version", async () => {
  const nameless = "version: 1\npolicies:\n  - match: all\n    template: t\n";
  assert.deepEqual(await problems(nameless), ['3: Missing property "name".']);
  const found = await problems("templates:\n  t:\n    folders: [A]\n");
  assert.deepEqual(found, ['1: Missing property "version".']);
});

test("a text that looks like a number or a boolean is a text", async () => {
  const text = "version: 1\ntemplates:\n  t:\n    folders: [2026, true, 1.5]\n    grants: [{ group: 7, role: yes }]\n";
  assert.deepEqual(await problems(text), []);
});

/** Where the keys of a definition stand in a file. */
const TEMPLATE = "version: 1\ntemplates:\n  t:\n    ";
const TEST = "version: 1\ntests:\n  - name: a\n    ";
const PLACES = {
  "": "version: 1\n",
  RoleTable: "version: 1\nroles:\n  Chief:\n    ",
  Template: TEMPLATE,
  Grant: `${TEMPLATE}grants:\n      - `,
  Protected: `${TEMPLATE}protect:\n      - `,
  Guests: `${TEMPLATE}guests:\n      `,
  Invitation: `${TEMPLATE}guests:\n      invite:\n        - `,
  Settings: `${TEMPLATE}settings:\n      `,
  LifetimeTable: `${TEMPLATE}settings:\n      lifetime:\n        `,
  WatermarkTable: `${TEMPLATE}settings:\n      watermark:\n        `,
  Policy: "version: 1\npolicies:\n  - ",
  Parts: MATCH,
  Test: "version: 1\ntests:\n  - ",
  TestRoom: `${TEST}room:\n      `,
  Expected: `${TEST}expect:\n      `,
};

test("every key shows what it means, with an example", async () => {
  const definitions = { "": SCHEMA.value, ...SCHEMA.value.definitions };
  let keys = 0;
  for (const [name, { properties }] of Object.entries(definitions)) {
    for (const [key, property] of Object.entries(properties ?? {})) {
      assert.ok(name in PLACES, `say where the keys of ${name} stand`);
      if (name === "" && key === "version") continue;
      const text = `${PLACES[name]}‸${key}: ${JSON.stringify(property.examples[0])}\n`;
      const shown = await shownAt(server, SCHEMA, text);
      assert.ok(shown.includes(plain(property.description)), `${name} ${key}: ${shown}`);
      assert.ok(shown.includes("Example"), `${name} ${key}: ${shown}`);
      keys += 1;
    }
  }
  assert.ok(keys > 50, `${keys}`);
});
