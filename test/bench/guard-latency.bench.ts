import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { GuardMesh } from '#test/support/guard-mesh.js';
import { until } from '#test/support/until.js';
import { composeTpr2, office, provider, recordClients } from './guard-load.js';

const perSecond = Number(process.env['BENCH_RATE'] ?? 2_000);
const seconds = 6;
const warmUpSeconds = 2;
const tickMs = 5;

/**
 * From the moment a party publishes until the recipient has the message in hand, at a steady rate: across accounts, decisions committed with
 * fsync, minimised. Sender and recipient are this one process, so that one clock measures.
 */
export async function guardLatencyBench(): Promise<object> {
  const mesh = await GuardMesh.start({ maxBytes: 48 * 1024 * 1024, isDurable: true });
  try {
    await mesh.guard();
    await mesh.applyDirectory();
    const sender = await mesh.party(provider);
    const clients = await recordClients(sender, 400);
    const recipient = (await mesh.party(office)).collect();
    const sentAt = new Map<string, number>();
    const delays: number[] = [];
    // Each delivery is timed as it is pushed.
    recipient.received.push = (...taken): number => {
      for (const { id } of taken) delays.push(performance.now() - (sentAt.get(id) ?? Number.NaN));
      return delays.length;
    };
    const total = perSecond * (seconds + warmUpSeconds);
    const startedAt = performance.now();
    const publishing: Promise<void>[] = [];
    while (publishing.length < total) {
      const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * perSecond));
      while (publishing.length < due) {
        const { id, text } = composeTpr2(sender, clients, publishing.length);
        sentAt.set(id, performance.now());
        publishing.push(sender.put(id, text));
      }
      await delay(tickMs);
    }
    await Promise.all(publishing);
    await until('all are delivered', () => delays.length >= total, 30_000);
    const elapsed = (performance.now() - startedAt) / 1_000;
    const counted = delays.slice(perSecond * warmUpSeconds).sort((one, other) => one - other);
    const at = (share: number): number => Number((counted[Math.floor(counted.length * share)] ?? Number.NaN).toFixed(1));
    return {
      wanted_msg_s: perSecond,
      reached_msg_s: Math.round(total / elapsed),
      p50_ms: at(0.5),
      p99_ms: at(0.99),
      p999_ms: at(0.999),
      max_ms: at(1 - 1 / counted.length),
      messages: counted.length,
      cores: availableParallelism(),
      node: process.version,
    };
  } finally {
    await mesh.stop();
  }
}
