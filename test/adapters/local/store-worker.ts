/**
 * A second process for the store's tests: `node store-worker.ts DIRECTORY want|count [TIMES]`.
 * `want` asks for runs for ever and prints each answer; `count` adds to a counter under the lease of a row, TIMES times.
 */
import { writeSync } from "node:fs";
import { openLocalStore } from "../../../src/adapters/local/index.ts";

const [directory = "", mode, times = "1"] = process.argv.slice(2);
const store = openLocalStore(directory);

if (mode === "want") {
  for (;;) {
    const wanted = await store.rows.want("app/default/killed", Date.now());
    await store.queue.send({ queue: "app", key: `${wanted}` });
    writeSync(1, `${wanted}\n`);
  }
}

const key = "app/default/counted";
for (let added = 0; added < Number(times); ) {
  await store.rows.want(key, Date.now());
  const lease = await store.rows.acquire(key, `${process.pid} ${added}`, Date.now(), 60_000);
  if (lease === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    continue;
  }
  const item = await store.items.get("counter", "c", Date.now());
  await new Promise((resolve) => setImmediate(resolve));
  await store.items.put({ pk: "counter", sk: "c", value: String(Number(item?.value ?? 0) + 1) }, Date.now());
  await store.rows.finish(lease);
  added++;
}
store.close();
