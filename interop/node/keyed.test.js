// Primary-key tables with apache-arrow for JavaScript, and their bitmaps with a build of CRoaring that is not ours.
import test from "node:test";
import assert from "node:assert/strict";
import { Binary, Int32, Int64, Table, Utf8, tableFromIPC, tableToIPC, vectorFromArray } from "apache-arrow";
import { RoaringBitmap32, roaringLibraryInitialize } from "roaring-wasm";
import { ARROW, call, newTable } from "./store.js";

const key = (name, type) => ({ name, type, nullable: false });
const arrow = (columns) =>
  tableToIPC(new Table(Object.fromEntries(Object.entries(columns).map(([n, [type, values]]) => [n, vectorFromArray(values, type)]))), "stream");
const send = (method, path, columns) => call(method, path, { body: arrow(columns), headers: { "content-type": ARROW, accept: ARROW } });
const write = async (method, path, columns) =>
  (await call(method, path, { body: arrow(columns), headers: { "content-type": ARROW } })).json();
const read = async (path) => tableFromIPC(call("GET", path, { headers: { accept: ARROW } }));
const values = (table, name) => [...table.getChild(name)].map((v) => (typeof v === "bigint" ? Number(v) : v));

test("upsert, patch, delete, lookup, scan and changelog, all in Arrow", async () => {
  const path = await newTable([key("a", "STRING"), key("id", "INT"), { name: "n", type: "BIGINT" }, { name: "s", type: "STRING" }], {
    primary_key: ["a", "id"], bucket_key: ["a"], buckets: 1,
  });
  const whole = { a: [new Utf8(), ["x", "y", "x"]], id: [new Int32(), [1, 1, 1]], n: [new Int64(), [1n, 2n, 3n]], s: [new Utf8(), ["p", null, "q"]] };
  assert.equal((await write("POST", path + "/rows", whole)).rows, 3);
  const patch = { a: [new Utf8(), ["y", "z"]], id: [new Int32(), [1, 7]], s: [new Utf8(), ["日本語 🚀", "new"]] };
  assert.equal((await write("PATCH", path + "/rows", patch)).rows, 2);
  assert.equal((await write("POST", path + "/rows:delete", { a: [new Utf8(), ["z", "none"]], id: [new Int32(), [7, 7]] })).rows, 2);

  const asked = { id: [new Int32(), [1, 7, 1]], a: [new Utf8(), ["y", "z", "x"]] };
  const found = await tableFromIPC(send("POST", path + "/rows:lookup?columns=s,n,id", asked));
  assert.deepEqual(found.schema.names, ["s", "n", "id"]);
  assert.deepEqual(values(found, "s"), ["日本語 🚀", null, "q"]);
  assert.deepEqual(values(found, "n"), [2, null, 3]);
  assert.deepEqual(values(found, "id"), [1, null, 1]);

  const scanned = await read(path + "/scan?columns=a,n&where=" + encodeURIComponent("n >= 2"));
  assert.deepEqual(values(scanned, "a").sort(), ["x", "y"]);

  const changes = await read(path + "/changelog");
  assert.deepEqual(changes.schema.names.slice(0, 3), ["_change_type", "_log_offset", "_commit_timestamp"]);
  assert.deepEqual(values(changes, "_change_type"), [
    "insert", "insert", "update_before", "update_after", "update_before", "update_after", "insert", "delete",
  ]);
  assert.deepEqual(values(changes, "_log_offset"), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(values(changes, "n"), [1, 2, 1, 3, 2, 2, null, null]);
  assert.deepEqual(values(changes, "s"), ["p", null, "p", "q", null, "日本語 🚀", "new", "new"]);

  const binlog = await read(path + "/binlog");
  assert.deepEqual(values(binlog, "_change_type"), ["insert", "insert", "update", "update", "insert", "delete"]);
  assert.equal(binlog.getChild("before").get(0), null);
  assert.equal(binlog.getChild("before").get(2).s, "p");
  assert.equal(binlog.getChild("after").get(2).s, "q");
  assert.equal(binlog.getChild("after").get(5), null);
});

test("a dictionary table numbers what it does not know, in Arrow", async () => {
  const path = await newTable([key("word", "STRING"), { name: "number", type: "BIGINT", nullable: false }], {
    primary_key: ["word"], buckets: 2, properties: { "auto-increment.column": "number" },
  });
  const ask = (words) => tableFromIPC(send("POST", path + "/rows:lookup?insert_if_missing=true", { word: [new Utf8(), words] }));
  const first = values(await ask(["a", "b", "a", "ž"]), "number");
  assert.equal(first[0], first[2]);
  assert.equal(new Set(first).size, 3);
  const again = values(await ask(["ž", "c", "a"]), "number");
  assert.deepEqual([again[0], again[2]], [first[3], first[0]]);
  assert.ok(!first.includes(again[1]));
});

test("bitmaps go both ways", async () => {
  await roaringLibraryInitialize();
  const path = await newTable([key("id", "STRING"), { name: "members", type: "BYTES" }], {
    primary_key: ["id"], properties: { "merge-engine": "aggregation", "fields.members.agg": "rbm32" },
  });
  const parts = [new RoaringBitmap32([1, 2, 2 ** 32 - 1]), RoaringBitmap32.fromRange(1_000, 90_000), new RoaringBitmap32()];
  parts[1].runOptimize();
  const expected = new RoaringBitmap32();
  for (const part of parts) expected.orInPlace(part);
  const bytes = parts.map((part) => Uint8Array.from(part.serialize("portable")));
  await write("POST", path + "/rows", { id: [new Utf8(), parts.map(() => "a")], members: [new Binary(), bytes] });
  await call("POST", path + "/rows", { body: { id: "b", members: Buffer.from(bytes[0]).toString("base64") } });
  await call("POST", path + "/rows", { body: [{ id: "b", members: 7 }, { id: "b", members: 1 }] });

  const table = await read(path + "/scan?where=" + encodeURIComponent("id = 'a'"));
  assert.ok(RoaringBitmap32.deserialize(table.getChild("members").get(0), "portable").isEqual(expected));
  const { members } = await (await call("GET", path + "/rows/b")).json();
  assert.deepEqual(RoaringBitmap32.deserialize(Buffer.from(members, "base64"), "portable").toArray(), [1, 2, 7, 2 ** 32 - 1]);
  const aggregates = { both: "rb_or(members)", n: "rb_cardinality(rb_or(members))" };
  const [row] = (await (await call("POST", path + "/aggregate", { body: { aggregates } })).json()).rows;
  assert.equal(row.n, expected.size + 1);
  assert.ok(RoaringBitmap32.deserialize(Buffer.from(row.both, "base64"), "portable").isEqual(expected.add(7)));
});

test("what does not fit a key is refused", async () => {
  const path = await newTable([key("id", "INT"), { name: "s", type: "STRING" }], { primary_key: ["id"] });
  for (const [method, end, columns] of [
    ["POST", "/rows", { s: [new Utf8(), ["no key"]] }],
    ["POST", "/rows", { id: [new Int32(), [1, null]], s: [new Utf8(), ["a", "null key"]] }],
    ["POST", "/rows", { id: [new Utf8(), ["one"]], s: [new Utf8(), ["wrong type"]] }],
    ["PATCH", "/rows", { s: [new Utf8(), ["no key"]] }],
    ["POST", "/rows:delete", { s: [new Utf8(), ["no key"]] }],
    ["POST", "/rows:lookup", { s: [new Utf8(), ["no key"]] }],
    ["POST", "/rows:lookup", { id: [new Int32(), [null]] }],
  ]) {
    const answer = await call(method, path + end, { body: arrow(columns), headers: { "content-type": ARROW }, status: 400 });
    assert.match((await answer.json()).detail, /\b(id|s)\b/, JSON.stringify(columns));
  }
  assert.equal((await read(path + "/scan")).numRows, 0);
});
