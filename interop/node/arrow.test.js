// apache-arrow for JavaScript reads our streams and writes to us.
import test from "node:test";
import assert from "node:assert/strict";
import {
  Bool, DateDay, Dictionary, Field, FixedSizeList, Float32, Float64, Int16, Int32, Int64, Int8, List, RecordBatchReader, Struct,
  Table, TimestampMillisecond, Utf8, Binary, tableFromIPC, tableToIPC, vectorFromArray,
} from "apache-arrow";
import { ARROW, call, cursorOf, newTable, readArrow } from "./store.js";

// Plain values: typed vectors to arrays, structs to objects, integers of 64 bits to numbers where they fit.
function plain(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (typeof value !== "object") return value;
  if (typeof value.toJSON === "function") value = value.toJSON();
  if (typeof value[Symbol.iterator] === "function") return [...value].map(plain);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
}
const column = (table, name) => [...table.getChild(name)].map(plain);

const COLUMNS = {
  c_boolean: ["BOOLEAN", new Bool(), [true, false, null]],
  c_tinyint: ["TINYINT", new Int8(), [-128, 127, null]],
  c_smallint: ["SMALLINT", new Int16(), [-32768, 32767, null]],
  c_int: ["INT", new Int32(), [-(2 ** 31), 2 ** 31 - 1, null]],
  c_bigint: ["BIGINT", new Int64(), [-(2n ** 63n), 2n ** 63n - 1n, null]],
  c_float: ["FLOAT", new Float32(), [0.5, -3, null]],
  c_double: ["DOUBLE", new Float64(), [0.1, -1e300, null]],
  c_string: ["STRING", new Utf8(), ["日本語 🚀", "", null]],
  c_bytes: ["BYTES", new Binary(), [new Uint8Array([0, 255, 1]), new Uint8Array([7]), null]],
  c_array: ["ARRAY<INT>", new List(new Field("item", new Int32(), true)), [[1, 2, 3], [4], null]],
  c_vector: ["ARRAY<FLOAT>(3)", new FixedSizeList(3, new Field("item", new Float32(), false)), [[0.5, 1.5, -2], [0, 0, 0], [1, 2, 3]]],
  c_row: [
    "ROW<x DOUBLE, name STRING>",
    new Struct([new Field("x", new Float64(), true), new Field("name", new Utf8(), true)]),
    [{ x: 1.5, name: "here" }, { x: null, name: "there" }, null],
  ],
};
const declared = Object.entries(COLUMNS).map(([name, [type]]) => ({ name, type }));
const written = () => new Table(Object.fromEntries(Object.entries(COLUMNS).map(([n, [, type, values]]) => [n, vectorFromArray(values, type)])));

for (const compression of ["zstd", "lz4", "none"]) {
  test(`a table that JavaScript wrote comes back, stored with ${compression}`, async () => {
    const path = await newTable(declared, { properties: { "log.compression": compression } });
    const body = tableToIPC(written(), "stream");
    const answer = await (await call("POST", path + "/rows", { body, headers: { "content-type": ARROW } })).json();
    assert.equal(answer.rows, 3);
    const back = await tableFromIPC(readArrow(path));
    assert.deepEqual(back.schema.names, Object.keys(COLUMNS));
    for (const [name, [, , values]] of Object.entries(COLUMNS)) {
      assert.deepEqual(column(back, name), values.map(plain), name);
    }
  });
}

test("types that JavaScript seldom writes are read", async () => {
  const path = await newTable([
    { name: "d", type: "DECIMAL(10,2)" }, { name: "day", type: "DATE" }, { name: "at", type: "TIMESTAMP_LTZ(3)" },
    { name: "local", type: "TIMESTAMP(6)" }, { name: "clock", type: "TIME(3)" }, { name: "m", type: "MAP<STRING, BIGINT>" },
    { name: "fixed", type: "BINARY(2)" }, { name: "code", type: "CHAR(3)" },
  ]);
  await call("POST", path + "/rows", {
    body: [
      { d: "-12.30", day: "2015-09-12", at: "2015-09-12T00:46:58.771Z", local: "2015-09-12T00:46:58.771", clock: "00:00:01.5",
        m: { a: 1 }, fixed: "AAE=", code: "abc" },
      {},
    ],
  });
  const table = await tableFromIPC(readArrow(path));
  const at = Date.parse("2015-09-12T00:46:58.771Z");
  assert.equal(table.numRows, 2);
  assert.equal(Number(table.getChild("at").get(0)), at);
  assert.equal(Number(table.getChild("local").get(0)), at);
  assert.equal(Number(table.getChild("day").get(0)), Date.parse("2015-09-12"));
  assert.equal(Number(table.getChild("clock").get(0)), 1500);
  assert.equal(table.getChild("code").get(0), "abc");
  assert.equal(plain(table.getChild("fixed").get(0)), "AAE=");
  assert.equal(Number(BigInt.asIntN(64, BigInt(new BigInt64Array(new Uint32Array(table.getChild("d").get(0)).buffer)[0]))), -1230);
  assert.equal(Number(table.getChild("m").get(0).toJSON().a), 1);
  for (const name of table.schema.names) assert.equal(table.getChild(name).get(1), null, name);
});

test("dictionary-encoded strings, dates and timestamps are taken, and the table inferred from them", async () => {
  const path = await newTable();
  const times = [new Date(1442018818771), null, new Date(0)];
  const table = new Table({
    word: vectorFromArray(["a", "b", "a"], new Dictionary(new Utf8(), new Int32())),
    day: vectorFromArray([new Date(Date.UTC(2015, 8, 12)), null, new Date(0)], new DateDay()),
    at: vectorFromArray(times, new TimestampMillisecond("UTC")),
  });
  await call("POST", path + "/rows?create=infer", { body: tableToIPC(table, "stream"), headers: { "content-type": ARROW } });
  const described = await (await call("GET", path)).json();
  assert.deepEqual(described.columns.map((c) => c.type), ["STRING", "DATE", "TIMESTAMP_LTZ(3)"]);
  const { rows } = await (await call("GET", path + "/log")).json();
  assert.deepEqual(rows.map((r) => r.word), ["a", "b", "a"]);
  assert.equal(Date.parse(rows[0].at), 1442018818771);
  assert.equal(rows[1].day, null);
});

test("an Arrow file is taken", async () => {
  const path = await newTable([{ name: "n", type: "INT" }]);
  const body = tableToIPC(new Table({ n: vectorFromArray([1, 2, 3], new Int32()) }), "file");
  await call("POST", path + "/rows", { body, headers: { "content-type": "application/vnd.apache.arrow.file" } });
  assert.deepEqual(column(await tableFromIPC(readArrow(path)), "n"), [1, 2, 3]);
});

test("a stream of several batches is read batch by batch, projected and filtered", async () => {
  const path = await newTable([{ name: "n", type: "INT" }, { name: "s", type: "STRING" }]);
  for (let part = 0; part < 3; part++) {
    await call("POST", path + "/rows", { body: Array.from({ length: 10 }, (_, i) => ({ n: part * 10 + i, s: `s${i}` })) });
  }
  const seen = [];
  const where = encodeURIComponent("n >= 5 AND s != 's7'");
  for await (const batch of await RecordBatchReader.from(readArrow(path, `?columns=s,n&where=${where}`))) {
    assert.deepEqual(batch.schema.names, ["s", "n"]);
    seen.push(...batch.getChild("n"));
  }
  assert.deepEqual(seen, Array.from({ length: 30 }, (_, i) => i).filter((n) => n >= 5 && n % 10 !== 7));
});

for (const accept of [ARROW, "application/x-ndjson", "application/json"]) {
  test(`Weir-Next of ${accept} finds what came after`, async () => {
    const path = await newTable([{ name: "n", type: "INT" }]);
    await call("POST", path + "/rows", { body: [{ n: 1 }, { n: 2 }] });
    const cursor = await cursorOf(path, "", accept);
    assert.ok(cursor, "neither a header nor a trailer");
    await call("POST", path + "/rows", { body: [{ n: 3 }] });
    const { rows } = await (await call("GET", `${path}/log?from=${encodeURIComponent(cursor)}`)).json();
    assert.deepEqual(rows, [{ n: 3 }]);
  });
}

test("a body of another schema is refused and nothing is stored", async () => {
  const path = await newTable([{ name: "n", type: "INT" }]);
  const body = tableToIPC(new Table({ other: vectorFromArray([1], new Int32()) }), "stream");
  const answer = await call("POST", path + "/rows", { body, headers: { "content-type": ARROW }, status: 400 });
  assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
  assert.equal((await tableFromIPC(readArrow(path))).numRows, 0);
});
