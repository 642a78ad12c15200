import {
  askEvidenceEntries,
  askEvidenceTiles,
  askProof,
  askSeen,
  askTry,
  askTryMessage,
  askVerdict,
  askWorklist,
} from '#libs/contracts/ask.js';
import { askCase } from '#libs/contracts/ask-case.js';
import { askEvents, askSettle, askTake } from '#libs/contracts/ask-inbox.js';
import { askCases, overdueFiguresAsk } from '#libs/contracts/ask-router.js';
import { askNextProviders, askParties, askReference } from '#libs/contracts/ask-around.js';
import { issueWords } from '#libs/contracts/issue-words.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { isServiceParty } from '#libs/contracts/party.js';
import type { AskHandler } from '#libs/nats/answer-server.js';
import type { AskReply } from '#libs/nats/ask-client.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { askClientView, askReleasedView } from '#libs/contracts/client-view.js';
import { z } from 'zod';
import type { ClientViewBook } from './client-view.book.js';
import type { CaseBook } from './case.book.js';
import type { ConsentBook } from './consent.book.js';
import type { EventBook } from './event.book.js';
import type { EvidenceBook } from './evidence.book.js';
import type { InboxBook } from './inbox.book.js';
import type { KeyRenewal } from './key-renewal.js';
import type { MessageBook } from './message.book.js';
import type { OperatorBook } from './operator.book.js';
import type { ReferralBook } from './referral.book.js';
import type { TrialBook } from './trial.book.js';

export interface Books {
  readonly inbox: InboxBook;
  readonly events: EventBook;
  readonly messages: MessageBook;
  readonly cases: CaseBook;
  readonly consents: ConsentBook;
  readonly referrals: ReferralBook;
  readonly trials: TrialBook;
  readonly operator: OperatorBook;
  readonly keys: KeyRenewal;
  readonly evidence: EvidenceBook;
  readonly views: ClientViewBook;
}

/** Questions of one party at once, for each instance: who waits for verdicts is looked up for again and again, from the pool that all share. */
const mostUnderWay = 256;

type Answer = (party: string, payload: unknown) => Promise<Record<string, unknown>>;

const byId = z.strictObject({ id: z.uuid() });

type Answers = Readonly<Record<string, Answer>>;

/** For who gets deliveries. */
const inboxAnswers = ({ inbox }: Books): Answers => ({
  take: (party, payload) => inbox.take(party, read(askTake, payload)),
  settle: (party, payload) => inbox.settle(party, read(askSettle, payload)),
});

/** For who follows what the mesh decides. */
const eventAnswers = ({ events }: Books): Answers => ({
  events: async (_party, payload) => ({ ...(await events.events(read(askEvents, payload))) }),
});

const aboutMessages = ({ messages }: Books): Answers => ({
  verdict: (party, payload) => messages.verdict(party, read(askVerdict, payload)),
  seen: (party, payload) => messages.seen(party, read(askSeen, payload)),
  timeline: (party, payload) => messages.timeline(party, read(byId, payload).id),
});

const partyAnswers = (books: Books): Answers => ({
  ...inboxAnswers(books),
  ...aboutMessages(books),
  case: (party, payload) => books.cases.caseView(party, read(askCase, payload).case),
  consents: (party, payload) => books.consents.consents(party, read(askCase, payload).case),
  dpa1: (party, payload) => books.consents.dpa1(party, read(askCase, payload).case),
  try: (party, payload) => books.consents.try(party, read(askTry, payload)),
  worklist: (party, payload) => books.cases.worklist(party, read(askWorklist, payload)),
  cases: (party, payload) => books.cases.cases(party, read(askCases, payload)),
  'resolve-reference': (party, payload) => books.cases.resolve(party, read(askReference, payload)),
  parties: (party, payload) => books.referrals.parties(party, read(askParties, payload)),
  'next-providers': (party, payload) =>
    books.referrals.nextProviders(party, read(askNextProviders, payload).case),
  'try-message': (party, payload) => books.trials.try(party, read(askTryMessage, payload)),
  proof: (party, payload) => books.evidence.proof(party, read(askProof, payload)),
  'client-view': (party, payload) => books.views.ownPart(party, read(askClientView, payload)),
});

const operatorAnswers = (books: Books): Answers => ({
  counts: () => books.operator.counts(),
  'dead-letters': () => books.operator.deadLetters(),
  directory: () => books.operator.directory(),
  agreements: () => books.operator.agreements(),
  'overdue-figures': (_operator, payload) =>
    books.cases.overdueFigures(read(overdueFiguresAsk, payload)),
  'unattended-offices': () => books.cases.unattendedOffices(),
  keys: async () => ({ ...(await books.keys.state()) }),
  'evidence-checkpoint': () => books.evidence.checkpoint(),
  'evidence-entries': (_party, payload) =>
    books.evidence.entries(read(askEvidenceEntries, payload)),
  'evidence-tiles': (_party, payload) => books.evidence.tiles(read(askEvidenceTiles, payload)),
  'client-view': (_operator, payload) => books.views.released(read(askReleasedView, payload)),
  ...aboutMessages(books),
});

/** What a party may ask about what is its own, and the operator about counts and reasons. The party is the broker's word, not the asker's. */
export function answersOf(books: Books): AskHandler {
  const forParties = partyAnswers(books);
  const forServices = new Map([
    ['svc_ops', operatorAnswers(books)],
    ['svc_notifier', inboxAnswers(books)],
    ['svc_router', eventAnswers(books)],
    ['svc_reminders', eventAnswers(books)],
  ]);
  const underWay = new Map<string, number>();
  return async (party, verb, payload): Promise<AskReply> => {
    const answers = forServices.get(party) ?? (isServiceParty(party) ? {} : forParties);
    const answer = Object.hasOwn(answers, verb) ? answers[verb] : undefined;
    if (answer === undefined) throw new MeshError('not-found', 'no such question');
    const already = underWay.get(party) ?? 0;
    if (already >= mostUnderWay)
      throw new MeshError(
        'too-many-requests',
        'too many questions at once; wait for their answers',
      );
    underWay.set(party, already + 1);
    try {
      return { ok: true, ...(await answer(party, payload).catch(rethrowAsPassing)) };
    } finally {
      underWay.set(party, (underWay.get(party) ?? 1) - 1);
    }
  };
}

/** A database that is away is one to ask again, not a fault of ours. */
function rethrowAsPassing(error: unknown): never {
  const stored = toStoreError(error);
  throw stored.code === 'store-unavailable' ? stored : error;
}

function read<T extends z.ZodType>(schema: T, payload: unknown): z.output<T> {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  // Names of unknown fields are the asker's text, so they are left out; so are values.
  const field = (issue?.path ?? [])
    .map(String)
    .filter((part) => /^[A-Za-z0-9_-]{1,40}$/.test(part));
  const detail = issue === undefined ? 'is wrong' : issueWords(issue, schema);
  throw new MeshError(
    'malformed-message',
    `the question is wrong: ${[...field, detail].join(' ')}`,
    { field: field.join('.') },
  );
}
