import { Counter, Gauge, Registry } from 'prom-client';
import { countMails } from './mail-ledger.store.js';
import type { SendNews } from './mail-sender.js';
import type { NotifierDatabase } from './notifier-database.js';

/** Alert on `notifier_overdue_seconds` (the relay is away, or no lane turns) and on any growth of `held`, `failed`, `unknown`. */
export class MailMetrics {
  readonly registry = new Registry();
  readonly #attempts: Counter<'state'>;

  constructor(db: NotifierDatabase) {
    const registers = [this.registry];
    this.#attempts = new Counter({
      name: 'notifier_attempts_total',
      help: 'Attempts at the relay, by what followed',
      labelNames: ['state'],
      registers,
    });
    const overdue = new Gauge({
      name: 'notifier_overdue_seconds',
      help: 'How long the longest due mail has been due',
      registers,
    });
    const mails = new Gauge({
      name: 'notifier_mails',
      help: 'Mails in the ledger, by state',
      labelNames: ['state'],
      registers,
      collect: async () => {
        const { states, overdueSeconds } = await countMails(db);
        mails.reset();
        for (const [state, count] of Object.entries(states)) mails.set({ state }, count);
        overdue.set(overdueSeconds);
      },
    });
  }

  onNews({ state }: SendNews): void {
    this.#attempts.inc({ state });
  }
}
