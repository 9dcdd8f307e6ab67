// A store to talk to, a table of one's own, and the codecs that apache-arrow leaves to its user.
import http from "node:http";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { compressionRegistry, CompressionType } from "apache-arrow";
import { decompress } from "fzstd";
import lz4 from "lz4js";

export const ARROW = "application/vnd.apache.arrow.stream";
export const store = process.env.WEIR_URL?.replace(/\/$/, "");
const database = "node_" + randomUUID().slice(0, 8);

// The copies give each buffer an aligned start of its own.
compressionRegistry.set(CompressionType.ZSTD, { decode: (data) => decompress(data).slice() });
compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (data) => new Uint8Array(lz4.decompress(data)) });

export async function call(method, path, { body, headers = {}, status } = {}) {
  const json = body !== undefined && !(body instanceof Uint8Array);
  const answer = await fetch(store + path, {
    method,
    body: json ? JSON.stringify(body) : body,
    headers: { ...(json ? { "content-type": "application/json" } : {}), ...headers },
    signal: AbortSignal.timeout(20_000),
  });
  if (status ? answer.status !== status : !answer.ok) {
    assert.fail(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  }
  return answer;
}

let ready;
export async function newTable(columns, definition = {}) {
  ready ??= call("POST", "/v1/databases", { body: { name: database }, status: 201 });
  await ready;
  const name = "t" + randomUUID().slice(0, 8);
  const path = `/v1/databases/${database}/tables/${name}`;
  if (columns) {
    await call("POST", `/v1/databases/${database}/tables`, { body: { name, buckets: 1, columns, ...definition }, status: 201 });
  }
  return path;
}

export const readArrow = (path, query = "") => call("GET", `${path}/log${query}`, { headers: { accept: ARROW } });

// fetch hides trailers, and the cursor of a streamed answer is one.
export function cursorOf(path, query = "", accept = ARROW) {
  return new Promise((resolve, reject) => {
    const request = http.get(store + path + "/log" + query, { headers: { accept }, timeout: 20_000 }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.headers["weir-next"] ?? answer.trailers["weir-next"]));
      answer.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", reject);
  });
}
