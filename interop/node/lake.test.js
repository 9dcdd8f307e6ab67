// What the tiering service wrote, read by icebird: data, equality deletes and all, with nothing of ours between.
import test from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { icebergRead, icebergMetadata } from "icebird";
import { call, newTable } from "./store.js";

const warehouse = path.join(process.env.WEIR_LAKE, "warehouse");

// icebird reads over HTTP; the lake is a directory.
const server = http.createServer(async (request, answer) => {
  try {
    const bytes = await fs.readFile(path.join(warehouse, path.normalize(decodeURIComponent(new URL(request.url, "http://x").pathname))));
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const part = range ? bytes.subarray(+range[1], range[2] ? +range[2] + 1 : undefined) : bytes;
    answer.writeHead(range ? 206 : 200, {
      "content-length": part.length,
      ...(range ? { "content-range": `bytes ${range[1]}-${+range[1] + part.length - 1}/${bytes.length}` } : {}),
    });
    answer.end(request.method === "HEAD" ? undefined : part);
  } catch {
    answer.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${server.address().port}`;
test.after(() => server.close());

// Locations in the metadata are those of the lake's directory.
const overHttp = globalThis.fetch;
globalThis.fetch = (url, options) => {
  const text = String(url);
  return overHttp(text.startsWith("file:") ? base + new URL(text).pathname.slice(warehouse.length) : text, options);
};

async function newest(table) {
  const [, , , database, , name] = table.split("/");
  const directory = path.join(warehouse, database, name, "metadata");
  const files = (await fs.readdir(directory)).filter((file) => file.endsWith(".metadata.json")).sort();
  return { tableUrl: `${base}/${database}/${name}`, metadataFileName: files.at(-1) };
}

async function rowsOf(table) {
  const at = await newest(table);
  const metadata = await icebergMetadata(at);
  return icebergRead({ tableUrl: at.tableUrl, metadata });
}

const tier = (table) => call("POST", `${table}/tiering:trigger?wait=60s`, { status: 200 });
const properties = { "datalake.enabled": "true", "datalake.freshness": "30d", "datalake.maintenance": "0" };

test("a log table's rows are in the lake, each offset once", async () => {
  const table = await newTable([{ name: "id", type: "INT", nullable: false }, { name: "text", type: "STRING" }], { properties });
  for (let from = 0; from < 300; from += 100) {
    await call("POST", `${table}/rows`, { body: Array.from({ length: 100 }, (_, i) => ({ id: from + i, text: `t${from + i}` })) });
    await tier(table);
  }
  const rows = await rowsOf(table);
  assert.deepEqual(rows.map((row) => Number(row.id)).sort((a, b) => a - b), Array.from({ length: 300 }, (_, i) => i));
  assert.ok(rows.every((row) => Number(row.__offset) === Number(row.id) && row.text === `t${row.id}`));
});

test("updates and deletes of a keyed table are equality deletes that another reader applies", async () => {
  const table = await newTable([{ name: "id", type: "BIGINT", nullable: false }, { name: "n", type: "INT" }], {
    primary_key: ["id"],
    buckets: 2,
    properties,
  });
  const put = (ids, n) => call("POST", `${table}/rows`, { body: ids.map((id) => ({ id, n })) });
  const ids = Array.from({ length: 50 }, (_, i) => i);
  await put(ids, 1);
  await tier(table);
  await put(ids.filter((id) => id % 2 === 0), 2);
  await put(ids.filter((id) => id % 10 === 0), 3);
  await call("POST", `${table}/rows:delete`, { body: ids.filter((id) => id % 7 === 3).map((id) => ({ id })) });
  await tier(table);
  const expected = new Map();
  for (const id of ids) if (id % 7 !== 3) expected.set(id, id % 10 === 0 ? 3 : id % 2 === 0 ? 2 : 1);
  const found = (await rowsOf(table)).map((row) => [Number(row.id), Number(row.n)]).sort((a, b) => a[0] - b[0]);
  assert.deepEqual(found, [...expected].sort((a, b) => a[0] - b[0]));
});
