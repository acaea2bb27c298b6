import { openLocalStore } from "../../../src/adapters/local/index.ts";
import { leaseSimulation } from "../../contract/lease-simulation.ts";

leaseSimulation(
  "SQLite in memory",
  async (use) => {
    const store = openLocalStore(":memory:");
    try {
      await use(store.rows);
    } finally {
      store.close();
    }
  },
  200,
);
