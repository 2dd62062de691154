// pg-boss, as its documentation recommends: send and insert, work, and the supervisor that every instance runs by itself,
// here called when it is measured.

import pg from "pg";
import { PgBoss } from "pg-boss";
import { answerUntilClosed, monotonic, say, timed } from "./answering.mjs";

const QUEUE = "benchmark";
const BATCH = 1000;
const url = process.argv[2];
const quiet = (boss) => boss.on("error", () => {});

let boss;
const open = async (settings = {}) => {
  if (boss) return boss;
  boss = new PgBoss({
    connectionString: url, application_name: "peer", supervise: false, schedule: false,
    monitorIntervalSeconds: 1, ...settings,
  });
  quiet(boss);
  await boss.start();
  return boss;
};

// A queue that was looked at is not looked at again within monitorIntervalSeconds (at least 1). What is measured is the
// looking, so the mark is taken away in between, over a connection that is not counted.
let beside;
const forgetLastLook = async () => {
  if (!beside) {
    beside = new pg.Client({ connectionString: url, application_name: "beside" });
    beside.on("error", () => {});
    await beside.connect();
  }
  await beside.query("UPDATE pgboss.queue SET monitor_claim_on = NULL, monitor_on = NULL");
};
const count = async (state) => Number(
  (await beside.query("SELECT count(*) FROM pgboss.job WHERE name = $1 AND state = $2", [QUEUE, state])).rows[0].count,
);

// Ten at a time: ten workers with one job each, or one with batches of ten that is told not to wait between full batches.
const WAYS = {
  default: { localConcurrency: 10 },
  "default, polling 0.5 s": { localConcurrency: 10, pollingIntervalSeconds: 0.5 },
  "batches of 10": { batchSize: 10, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 },
};

await answerUntilClosed({
  install: async () => { await (await open()).createQueue(QUEUE); },
  create: async ({ count }) => {
    await open();
    return { seconds: await timed(async () => { for (let n = 0; n < count; n++) await boss.send(QUEUE, {}); }) };
  },
  create_bulk: async ({ count }) => {
    await open();
    return {
      seconds: await timed(async () => {
        for (let first = 0; first < count; first += BATCH) {
          await boss.insert(QUEUE, Array.from({ length: Math.min(BATCH, count - first) }, () => ({ data: {} })));
        }
      }),
    };
  },
  recover: async () => {
    await open();
    await forgetLastLook();
    const before = await count("active");
    const seconds = await timed(() => boss.supervise(QUEUE));
    return { seconds, recovered: before - await count("active") };
  },
  idle_sweeps: async ({ times }) => {
    await open();
    const seconds = [];
    for (let n = 0; n < times; n++) {
      await forgetLastLook();
      seconds.push(await timed(() => boss.supervise(QUEUE)));
    }
    return { seconds };
  },
  work: async ({ count, way }) => {
    await open();
    let left = count;
    const started = monotonic();
    const done = new Promise((resolve) => {
      boss.work(QUEUE, WAYS[way], async (jobs) => { if (!(left -= jobs.length)) resolve(); });
    });
    await done;
    await boss.offWork(QUEUE, { wait: true });
    return { seconds: monotonic() - started };
  },
  enqueue_hang: async () => {
    await open();
    await boss.createQueue("hang", { heartbeatSeconds: 10, retryLimit: 1000 });
    await boss.send("hang", {});
  },
  hang: async () => {
    // The smallest it takes: a heartbeat of 10 s, the supervisor every second, polling every half.
    await open({ supervise: true, superviseIntervalSeconds: 1 });
    await boss.work("hang", { pollingIntervalSeconds: 0.5 }, async () => {
      say({ claimed_at: monotonic() });
      await new Promise(() => {});
    });
    await new Promise(() => {});
  },
});
