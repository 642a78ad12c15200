import { type Kysely, sql } from 'kysely';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Clock } from '#libs/clock/clock.js';
import { type WorklistStep, routerWorklistAsk } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { AnswerHandler } from '#libs/nats/answer-server.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { CaseState } from '../domain/case-state.js';
import { deskOf } from '../domain/escalate-step.js';
import { type Directory, findDeputy, findPerson } from '../domain/find-person.js';
import { type StoredStep, loadNamings, stepsOfParty } from './case.store.js';
import { loadDirectory } from './directory.store.js';
import { namesOf } from './notice.store.js';
import type { RouterTables } from './router-tables.js';

/** About 350 bytes a step: an answer stays well under the broker's payload limit of 1 MB. */
const mostSteps = 1_000;

/** What the guard asks the router: `worklist` of a party (it passes on only cases bound to the asker) and `counts` for the operator. */
export class WorklistAnswers {
  constructor(
    private readonly db: Kysely<RouterTables>,
    private readonly clock: Clock,
  ) {}

  get handlers(): Readonly<Record<'worklist' | 'counts', AnswerHandler>> {
    return { worklist: (payload) => this.worklist(payload), counts: () => this.counts() };
  }

  private async worklist(payload: unknown): ReturnType<AnswerHandler> {
    const asked = routerWorklistAsk.safeParse(payload);
    if (!asked.success)
      throw new MeshError('malformed-message', 'the question is not { party, cases? }');
    const { party, cases } = asked.data;
    try {
      const steps = await stepsOfParty(this.db, party, { cases, limit: mostSteps });
      return {
        ok: true,
        steps: (await this.describe(steps))
          .filter((step) => step.isOf(party))
          .map(({ shown }) => shown),
      };
    } catch (error) {
      throw toStoreError(error);
    }
  }

  private async describe(
    steps: readonly StoredStep[],
  ): Promise<
    readonly { readonly shown: WorklistStep; readonly isOf: (party: string) => boolean }[]
  > {
    const today = londonDate(this.clock.now());
    const caseIds = [...new Set(steps.map(({ caseId }) => caseId))];
    const namings = await loadNamings(this.db, caseIds);
    const directory = await loadDirectory(this.db, ...namesOf(steps, [...namings.values()].flat()));
    return steps.map((step) => {
      const shown = worklistStep(step, namings.get(step.caseId) ?? [], directory, today);
      return {
        shown,
        isOf: (party) =>
          step.holder.party === party || directory.person(shown.owner)?.party === party,
      };
    });
  }

  /** Open steps by party and step; numbers only. */
  private async counts(): ReturnType<AnswerHandler> {
    const today = londonDate(this.clock.now());
    try {
      const counts = await this.db
        .selectFrom('steps')
        .select(['party', 'step'])
        .select(sql<number>`count(*)`.as('open'))
        .select(sql<number>`count(*) filter (where due_on < ${today}::date)`.as('overdue'))
        .groupBy(['party', 'step'])
        .orderBy('party')
        .orderBy('step')
        .execute();
      return { ok: true, counts };
    } catch (error) {
      throw toStoreError(error);
    }
  }
}

function worklistStep(
  step: StoredStep,
  namings: CaseState['namings'],
  directory: Directory,
  today: string,
): WorklistStep {
  const { caseId, cause, holder, openedAt, dueOn, told } = step;
  const owner = findPerson(holder, namings, directory, today);
  return {
    case: caseId,
    step: step.step,
    party: holder.party,
    owner,
    deputy: findDeputy(owner, holder.party, directory),
    openedAt,
    dueOn,
    overdue: dueOn < today,
    escalation: deskOf(told),
    cause,
  };
}
