import { type Kysely, type Transaction } from 'kysely';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Clock } from '#libs/clock/clock.js';
import { readAddress } from '#libs/contracts/address.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import {
  isAgreementReminder,
  partyPutForm,
  personPutForm,
  routesAtMost,
} from '#libs/contracts/service-forms.js';
import { enqueue } from '#libs/outbox/enqueue.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { answerMailTrouble } from '../domain/answer-mail-trouble.js';
import {
  mailNoticeId,
  noticeMessage,
  routeMessage,
  routerParty,
} from '../domain/compose-message.js';
import type { StepClocks } from '../domain/due-date.js';
import { absencesOf } from '../domain/find-heirs.js';
import { rankRoutes } from '../domain/rank-routes.js';
import { noteAbsences } from './absence.store.js';
import { lockCase, tellCase } from './case.store.js';
import { loadCandidates, loadDirectory, putParty, putPerson } from './directory.store.js';
import { noteFollowed } from './followed.store.js';
import { askNotices, findNotice } from './notice.store.js';
import { tellPeople } from './notice.teller.js';
import { warnOfLapse } from './lapse.teller.js';
import { addToCase, caseOf, hasOtherVerdict, recordOnce } from './record.store.js';
import type { RouterTables } from './router-tables.js';

type Tx = Transaction<RouterTables>;

/** Applies an event of the mesh to the router's database: what it changes and what it sends, in one transaction, once. */
export class EventApplier {
  constructor(
    private readonly db: Kysely<RouterTables>,
    private readonly clock: Clock,
    private readonly clocks: StepClocks,
  ) {}

  /** Idempotent by id and verdict. @throws MeshError `store-unavailable` when the database is away; then nothing was changed. */
  async apply(event: MeshEvent, place: number): Promise<void> {
    try {
      await this.db.transaction().execute(async (tx) => {
        if (event.sender !== routerParty) await this.applyIn(tx, event);
        await noteFollowed(tx, place);
      });
    } catch (error) {
      throw toStoreError(error);
    }
  }

  private async applyIn(tx: Tx, event: MeshEvent): Promise<void> {
    if (event.directory !== undefined) return putDirectory(tx, event);
    const name = nameOfType(event.type);
    if (event.case === undefined && event.cause === undefined && name !== 'directory.agreement-put')
      return undefined;
    if (!(await recordOnce(tx, event))) return undefined;
    if (name === 'mail.reported') return this.tellOfMail(tx, event);
    if (name === 'reminder.due' && isAgreementReminder(event.facts['kind']))
      return warnOfLapse(tx, event, this.clock.now());
    const caseId = await caseOf(tx, event);
    if (caseId === undefined) return undefined; // its cause has not come yet; it is taken up with it
    const locked = await lockCase(tx, caseId);
    const fresh = await addToCase(tx, caseId, event);
    const state = await tellCase(tx, locked, this.clocks);
    const tellings = state.tellings.filter(({ cause }) => fresh.has(cause));
    await tellPeople(tx, caseId, { ...state, tellings }, this.clock.now());
    if (event.verdict === 'waiting') await this.route(tx, event, locked.provider);
  }

  private async route(tx: Tx, event: MeshEvent, previous: string | undefined): Promise<void> {
    const address = readAddress(event.to);
    if (
      typeof address === 'string' ||
      address.kind !== 'area' ||
      (await hasOtherVerdict(tx, event))
    )
      return;
    const { role, district } = address;
    const ranked = rankRoutes(
      { role, district, sender: event.sender, previous },
      await loadCandidates(tx, role, district),
    );
    const [party, ...others] = ranked.slice(0, routesAtMost);
    const route = { message: event.id, ...(party === undefined ? {} : { party, others }) };
    await enqueue(tx, [routeMessage(route, this.clock.now())]);
  }

  private async tellOfMail(tx: Tx, event: MeshEvent): Promise<void> {
    const notice = event.cause === undefined ? undefined : await findNotice(tx, event.cause);
    if (notice === undefined) return;
    const directory = await loadDirectory(tx, [], notice.told);
    const now = this.clock.now();
    const answer = answerMailTrouble(
      String(event.facts['outcome']),
      notice,
      directory,
      londonDate(now),
    );
    if (answer === undefined) return;
    const { kind, person } = answer;
    // By the notice, not by the report: a mail that is held and reported held again is told once.
    const message = noticeMessage(
      mailNoticeId(notice.id, kind),
      { kind, cause: event.id, person },
      now,
    );
    await askNotices(tx, [
      { caseId: notice.caseId, person, told: [...notice.told, person], ...message },
    ]);
  }
}

/** Takes in a party, or a person and when they are away; nothing of what a newer message said already. */
async function putDirectory(tx: Tx, { id, directory, seq, recordedAt }: MeshEvent): Promise<void> {
  const party = partyPutForm.safeParse(directory);
  if (party.success) return putParty(tx, party.data, seq);
  const person = personPutForm.parse(directory);
  if (!(await putPerson(tx, person, seq))) return undefined;
  const absences = absencesOf(person, londonDate(new Date(recordedAt)));
  return noteAbsences(tx, { person: person.person, cause: id, absences });
}
