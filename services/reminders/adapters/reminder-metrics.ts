import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { UpkeepStore } from './upkeep.store.js';

/** A reminder overdue for so long is an alert: neither timer nor upkeep put it out. */
const alertMs = 300_000;

/** What operators watch: how many are to come, how many are late, how many went out. */
export function reminderMetrics(
  registry: Registry,
  store: UpkeepStore,
): { readonly onPutOut: () => void } {
  const putOut = new Counter({
    name: 'reminders_put_out_total',
    help: 'Reminders that went out',
    registers: [],
  });
  for (const metric of [putOut, ...gauges(store)]) registry.registerMetric(metric);
  return { onPutOut: () => putOut.inc() };
}

function gauges(store: UpkeepStore): readonly Gauge[] {
  return [
    new Gauge({
      name: 'reminders_overdue',
      help: 'Reminders that should have gone out 5 minutes ago',
      registers: [],
      async collect() {
        this.set((await store.overdue(alertMs)).length);
      },
    }),
    new Gauge({
      name: 'reminders_scheduled',
      help: 'Reminders to come',
      registers: [],
      async collect() {
        this.set(await store.countScheduled());
      },
    }),
  ];
}
