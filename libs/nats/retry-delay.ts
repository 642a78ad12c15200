/** Wait before the n-th attempt again: 1 s, 5 s, 30 s, 2 min, then every 5 min. What passes (a store that restarts) mostly passes in seconds. */
const delaysMs = [1_000, 5_000, 30_000, 120_000, 300_000] as const;

/** @param deliveries how often the message has come, from 1 */
export function retryDelayMs(deliveries: number): number {
  return delaysMs[Math.min(Math.max(deliveries, 1), delaysMs.length) - 1] as number;
}
