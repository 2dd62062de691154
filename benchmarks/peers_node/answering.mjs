// The protocol between contestants/peer.py and a peer's program; see benchmarks/peers/answering.py.

import { createInterface } from "node:readline";

/** Monotonic seconds: the clock that Python's time.monotonic() reads. */
export const monotonic = () => Number(process.hrtime.bigint()) / 1e9;

/** One line to whoever asked. */
export const say = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");

/** Runs `act`; how long it took, in seconds. */
export async function timed(act) {
  const started = monotonic();
  await act();
  return monotonic() - started;
}

/** Runs what is asked for, one command at a time, until stdin ends. A command that fails is answered too. */
export async function answerUntilClosed(commands) {
  say({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: command, ...asked } = JSON.parse(line);
    try {
      say((await commands[command](asked)) ?? {});
    } catch (error) {
      say({ failed: String(error.stack ?? error) });
    }
  }
  process.exit(0);
}
