import { Gauge, type Registry } from 'prom-client';
import type { RecordStore } from '../record/record.store.js';
import type { UnreadStore } from './unread.store.js';

/** For /metrics: read from the database when it is asked for. Alert on more than 0 of `desk_unread_messages` and of `failing`. */
export function addTroubleGauges(
  registry: Registry,
  { unread, records }: { readonly unread: UnreadStore; readonly records: RecordStore },
): void {
  registry.registerMetric(
    new Gauge({
      name: 'desk_unread_messages',
      help: 'Received messages that could not be kept and come again',
      labelNames: ['office'],
      registers: [],
      async collect() {
        this.reset();
        for (const { office, count } of await unread.all()) this.set({ office }, count);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'desk_record_items',
      help: 'Entries and erasures that the record system does not have yet; failing: tried for twenty minutes and more',
      labelNames: ['office', 'state'],
      registers: [],
      async collect() {
        this.reset();
        for (const { office, waiting, failing } of await records.backlog()) {
          this.set({ office, state: 'waiting' }, waiting - failing);
          this.set({ office, state: 'failing' }, failing);
        }
      },
    }),
  );
}
