import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant } from '#libs/calendar/london-time.js';
import type { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Logger } from 'pino';
import type { AgencyFile } from '../adapters/agency.file.js';
import type { GatewayClient } from '../adapters/gateway.client.js';
import type { MessageStore } from '../adapters/message.store.js';
import { knownClient } from '../domain/case-file.js';
import { type EntryVerdict, decideEntry, recordBody } from '../domain/record-entry.js';
import { isToErase, keptUntil } from '../domain/record-watch.js';
import type { RecordSystems } from './record-systems.js';
import type { RecordItem, RecordStore, WatchedCase } from './record.store.js';

const everyMs = 5_000;
/** The mesh does not answer, or has not decided: asked again soon. */
const soonSeconds = 5;

export interface RecordCourierParts {
  readonly agencyFile: AgencyFile;
  readonly gateway: GatewayClient;
  readonly messages: MessageStore;
  readonly records: RecordStore;
  readonly systems: RecordSystems;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often the mesh is asked whether a DPA1 still stands. */
  readonly askMinutes: number;
}

/**
 * Watches the DPA1 of each case that a job centre keeps something of, and carries the outbox to its record system:
 *
 *   item of a case, oldest first ─▶ DPA1 asked again ─┬▶ none ─▶ waits
 *                                                     └▶ stands ─▶ noted as handed ─▶ delivered ─▶ gone
 *   DPA1 ended ─▶ content erased here, erasure queued (one transaction)
 */
export class RecordCourier {
  readonly #holidays = bankHolidays('england-and-wales');
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #working: Promise<void> = Promise.resolve();

  constructor(private readonly parts: RecordCourierParts) {}

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#working = this.#working
        .then(() => this.work())
        .catch((err: unknown) => this.parts.logger.warn({ err }, 'the record is tried again'));
    }, everyMs);
  }

  /** All that is due now. What cannot be done comes again when its claim is over. */
  async work(): Promise<void> {
    const { records } = this.parts;
    await this.#drain(
      () => records.takeWatched(),
      (watched) => this.#watch(watched),
    );
    await this.#drain(
      () => records.claim(),
      (item) => this.#carry(item),
    );
  }

  /** Ends with the one that is under way: the others are claimed again by whoever works then. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    await this.#working;
  }

  async #drain<T extends { readonly office: string }>(
    take: () => Promise<readonly T[]>,
    work: (one: T) => Promise<void>,
  ): Promise<void> {
    for (let taken = await take(); taken.length > 0; taken = await take())
      for (const one of taken) {
        if (this.#isStopping) return;
        await this.#tryEach(one.office, () => work(one));
      }
  }

  /** One that fails holds up its own case, and no other. It comes again when its claim is over. */
  async #tryEach(office: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (err) {
      this.parts.logger.warn({ event: 'record-waits', office, err }, 'the record waits');
    }
  }

  async #watch({ office, caseId, isCurrent: wasCurrent }: WatchedCase): Promise<void> {
    const { gateway, messages, records, systems, clock, logger } = this.parts;
    const dpa1 = await gateway.dpa1(office, caseId);
    const again = this.parts.askMinutes * 60;
    if (dpa1?.current === true) {
      await records.stands(office, caseId);
      const endsIn = Math.max(1, this.#secondsUntil(dpa1.until));
      return records.askAgain(office, caseId, Math.min(again, endsIn));
    }
    const until =
      wasCurrent || dpa1 === undefined
        ? undefined
        : keptUntil(await messages.ofCase(office, caseId), this.#holidays);
    const now = { isCurrent: dpa1?.current, keptUntil: until, today: londonDate(clock.now()) };
    if (isToErase({ isCurrent: wasCurrent }, now)) {
      const forms = await records.eraseCase(office, caseId, systems.isHandedOver(office));
      logger.info({ event: 'erased-without-dpa1', office, forms }, 'no DPA1 stands');
    }
    await records.askAgain(office, caseId, again);
  }

  /** Until the end of the last day of a DPA1. */
  #secondsUntil(lastDay: string | undefined): number {
    if (lastDay === undefined) return 0;
    return this.parts.clock.realDelayMs(londonInstant(addDays(lastDay, 1), '00:00')) / 1_000;
  }

  async #carry(item: RecordItem): Promise<void> {
    const { records } = this.parts;
    if (item.kind === 'erasure') return this.#carryErasure(item);
    const verdict = await this.#decide(item);
    if (verdict.kind === 'never') return records.done(item);
    if (verdict.kind === 'waits') {
      const seconds = verdict.why === 'no-dpa1' ? this.parts.askMinutes * 60 : soonSeconds;
      return records.postpone(item, seconds, verdict.why);
    }
    await records.handing(item);
    await this.#deliver(item, recordBody('record.entry', item.queuedAt, verdict.data));
  }

  /** @throws MeshError where the mesh does not answer: then the item waits */
  async #decide({ office, caseId, messageId }: RecordItem): Promise<EntryVerdict> {
    const { gateway, messages, agencyFile } = this.parts;
    const ofCase = await messages.ofCase(office, caseId);
    const kept = ofCase.find(({ id }) => id === messageId);
    // Erased meanwhile, or not sent after all.
    if (kept?.message === undefined) return { kind: 'never' };
    const [view, consents] = await Promise.all([
      gateway.case(office, caseId),
      gateway.consents(office, caseId),
    ]);
    return decideEntry({
      agency: agencyFile.current().id,
      kept: { ...kept, message: kept.message },
      client: knownClient({ kept: ofCase }),
      view,
      consents,
      // The last question: what is said now counts.
      dpa1: await gateway.dpa1(office, caseId),
    });
  }

  /** No question to the mesh: an erasure is always allowed. To who has nothing of the case, it would tell that there is one. */
  async #carryErasure(item: RecordItem): Promise<void> {
    if (!(await this.parts.records.wasHanded(item))) return this.parts.records.done(item);
    const { office, caseId, messageId } = item;
    const data = {
      office,
      case: caseId,
      ...(messageId === undefined ? {} : { message: messageId }),
    };
    await this.#deliver(item, recordBody('record.erasure', item.queuedAt, data));
  }

  async #deliver(item: RecordItem, body: string): Promise<void> {
    const { records, systems, logger } = this.parts;
    const { office, delivery: id } = item;
    const number = String(item.id);
    const system = systems.of(office);
    if (system === undefined)
      throw new MeshError('config-invalid', `${office} has no record system any more`);
    const answer = await system.deliver({ id, office, number, body });
    if (answer.kind === 'taken') return records.done(item);
    await records.failed(item, answer.why);
    const { attempts } = item;
    logger.warn(
      { event: 'record-not-taken', office, delivery: id, attempts, why: answer.why },
      'again',
    );
  }
}
