// Graphile Worker, as its documentation recommends: makeWorkerUtils to add jobs, run to work on them.
// Its recovery is the statement that each worker runs by itself at every minResetLockedInterval; it has no public name, so
// it is taken from where it lies.

import { EventEmitter } from "node:events";
import pg from "pg";
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { makeEnhancedWithPgClient, processSharedOptions } from "./node_modules/graphile-worker/dist/lib.js";
import { makeWithPgClientFromPool } from "./node_modules/graphile-worker/dist/helpers.js";
import { resetLockedAt } from "./node_modules/graphile-worker/dist/sql/resetLockedAt.js";
import { answerUntilClosed, monotonic, say, timed } from "./answering.mjs";

const BATCH = 1000;
const logger = new Logger(() => () => {});
const url = process.argv[2];
const pool = new pg.Pool({ connectionString: url, max: 20, application_name: "peer" });
pool.on("error", () => {});
pool.on("connect", (client) => client.on("error", () => {}));

let utils;
const open = async () => (utils ??= await makeWorkerUtils({ pgPool: pool, logger }));
const stale = (count) => pool.query(
  "select count(*)::int as n from graphile_worker._private_jobs where locked_at < now() - interval '4 hours'",
).then(({ rows: [{ n }] }) => count === undefined ? n : count - n);
const options = processSharedOptions({ pgPool: pool, logger });
const withPgClient = makeEnhancedWithPgClient(makeWithPgClientFromPool(pool));
const reset = () => resetLockedAt(options, withPgClient);

// Its performance page: a local queue and completions in batches, for "very high scale". Both ways are measured.
const WAYS = {
  default: {},
  batched: { localQueue: { size: 11 }, completeJobBatchDelay: 0 },
};

await answerUntilClosed({
  install: async () => { await (await open()).migrate(); },
  create: async ({ count }) => {
    const { addJob } = await open();
    return { seconds: await timed(async () => { for (let n = 0; n < count; n++) await addJob("empty", {}); }) };
  },
  create_bulk: async ({ count }) => {
    const { addJobs } = await open();
    return {
      seconds: await timed(async () => {
        for (let first = 0; first < count; first += BATCH) {
          const many = Math.min(BATCH, count - first);
          await addJobs(Array.from({ length: many }, () => ({ identifier: "empty", payload: {} })));
        }
      }),
    };
  },
  recover: async () => {
    const before = await stale();
    const seconds = await timed(reset);
    return { seconds, recovered: await stale(before) };
  },
  idle_sweeps: async ({ times }) => {
    const seconds = [];
    for (let n = 0; n < times; n++) seconds.push(await timed(reset));
    return { seconds };
  },
  work: async ({ count, way }) => {
    const events = new EventEmitter();
    let left = count;
    const done = new Promise((resolve) => events.on("job:complete", () => { if (!--left) resolve(); }));
    const started = monotonic();
    const runner = await run({
      pgPool: pool,
      taskList: { empty: async () => {} },
      events,
      noHandleSignals: true,
      preset: { worker: { concurrentJobs: 10, logger, ...WAYS[way] } },
    });
    await done;
    // With batched completions the last of them may still be on their way: all rows gone is done.
    while ((await pool.query("select 1 from graphile_worker._private_jobs limit 1")).rowCount) ;
    const seconds = monotonic() - started;
    await runner.stop();
    return { seconds };
  },
});
