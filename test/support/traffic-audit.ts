import type { SentAtRandom } from './random-traffic.js';
import type { Arrival } from './random-recipient.js';

/** A row of the guard's record, with what its delivery came to. In the order of `seq`. */
export interface RecordRow {
  readonly seq: number;
  readonly id: string;
  /** 0: the decision; above: what became of it later. */
  readonly ordinal: number;
  readonly verdict: string;
  readonly consents: readonly string[];
  /** Of the delivery, where there was one. */
  readonly state: string | null;
}

/** One client's line with one provider, as this side keeps it: from the messages alone, and the order that the record gives them. */
interface Line {
  readonly isGiven: boolean;
  /** Without the summary. */
  readonly isLimited: boolean;
  readonly decidedAtMs: number;
  /** The consent that stands; several that were given in the same millisecond. */
  readonly consents: readonly string[];
}

const noLine: Line = { isGiven: false, isLimited: false, decidedAtMs: 0, consents: [] };
const isCleared = (verdict: string): boolean =>
  verdict === 'cleared' || verdict === 'cleared-in-part';

/**
 * What is wrong with a guard's record of random traffic, as sentences. Each message has one decision; a sender's are decided in the order
 * sent; what was shared was cleared exactly where the client's newest decision, of those recorded before it, was a yes, whole or in part as that
 * yes has it, and under it.
 */
export function auditDecisions(
  sent: readonly SentAtRandom[],
  rows: readonly RecordRow[],
): readonly string[] {
  const decisions = rows.filter(({ ordinal }) => ordinal === 0);
  const seqs = new Map(decisions.map(({ id, seq }) => [id, seq]));
  return [
    ...decisions
      .filter(({ id, seq }) => seqs.get(id) !== seq)
      .map(({ id }) => `${id} has two decisions`),
    ...sent.filter(({ id }) => !seqs.has(id)).map(({ id }) => `${id} has no decision`),
    ...outOfOrder(sent, seqs),
    ...againstTheConsents(sent, decisions),
  ];
}

function outOfOrder(
  sent: readonly SentAtRandom[],
  seqs: ReadonlyMap<string, number>,
): readonly string[] {
  const newest = new Map<string, number>();
  return sent.flatMap(({ id, sender }) => {
    const seq = seqs.get(id) ?? 0;
    const before = newest.get(sender) ?? 0;
    newest.set(sender, Math.max(seq, before));
    return seq < before ? [`${id} was decided before one that its sender had sent earlier`] : [];
  });
}

/** Withdrawals end what both providers were allowed to share: a client withdraws a form, whoever writes it down. */
function againstTheConsents(
  sent: readonly SentAtRandom[],
  decisions: readonly RecordRow[],
): readonly string[] {
  const byId = new Map(sent.map((message) => [message.id, message]));
  const senders = [...new Set(sent.map(({ sender }) => sender))];
  const lines = new Map<string, Line>();
  const withdrawnAt = new Map<number, number>();
  return decisions.flatMap(({ id, verdict, consents }) => {
    const message = byId.get(id);
    if (message === undefined) return [];
    const key = (sender: string): string => `${sender} ${message.client}`;
    const line = lines.get(key(message.sender)) ?? noLine;
    if (message.kind === 'shared') {
      const right = !line.isGiven ? 'refused' : line.isLimited ? 'cleared-in-part' : 'cleared';
      if (verdict !== right) return [`${id} is ${verdict} where the consent is ${wordsFor[right]}`];
      return line.isGiven && !line.consents.some((consent) => consents.includes(consent))
        ? [`${id} rests on another consent`]
        : [];
    }
    if (message.kind !== 'withdrawal') {
      const isOutdone = isBeatenByNo(line, message, withdrawnAt.get(message.client) ?? 0);
      lines.set(
        key(message.sender),
        afterConsent(line, message, withdrawnAt.get(message.client) ?? 0),
      );
      if (isOutdone) return verdict === 'refused' ? [] : [`${id}, older than a no, is ${verdict}`];
    } else {
      for (const sender of senders)
        lines.set(key(sender), afterWithdrawal(lines.get(key(sender)) ?? noLine, message.timeMs));
      withdrawnAt.set(
        message.client,
        Math.max(message.timeMs, withdrawnAt.get(message.client) ?? 0),
      );
    }
    return isCleared(verdict) ? [] : [`${id}, a ${message.kind}, is ${verdict}`];
  });
}

const wordsFor = {
  refused: 'not given',
  cleared: 'given',
  'cleared-in-part': 'given in part',
} as const;

/** A yes that changes nothing because a no stands that is as new. */
const isBeatenByNo = (line: Line, { timeMs }: SentAtRandom, withdrawnAtMs: number): boolean =>
  timeMs <= withdrawnAtMs || (line !== noLine && !line.isGiven && timeMs <= line.decidedAtMs);

/** The newer decision counts; of two at the same moment the no, and of two yeses what both allow. */
function afterConsent(line: Line, { id, kind, timeMs }: SentAtRandom, withdrawnAtMs: number): Line {
  const isLimited = kind === 'limit';
  if (timeMs <= withdrawnAtMs || timeMs < line.decidedAtMs) return line;
  if (timeMs > line.decidedAtMs)
    return { isGiven: true, isLimited, decidedAtMs: timeMs, consents: [id] };
  return line.isGiven
    ? { ...line, isLimited: isLimited || line.isLimited, consents: [...line.consents, id] }
    : line;
}

const afterWithdrawal = (line: Line, timeMs: number): Line => ({
  ...line,
  isGiven: false,
  decidedAtMs: line.isGiven ? Math.max(line.decidedAtMs, timeMs) : line.decidedAtMs,
});

/**
 * What is wrong with what reached the recipients, as sentences: something that was refused or taken back came, something came otherwise than
 * its record says, something came after a withdrawal of its client was confirmed that was recorded after it, or whole after a limit to what its
 * sender may tell, or something that was cleared never came.
 */
export function auditDeliveries(
  {
    sent,
    confirmedAt,
  }: { readonly sent: readonly SentAtRandom[]; readonly confirmedAt: ReadonlyMap<string, number> },
  rows: readonly RecordRow[],
  arrivals: ReadonlyMap<string, Arrival>,
): readonly string[] {
  const first = new Map(rows.filter(({ ordinal }) => ordinal === 0).map((row) => [row.id, row]));
  const newest = new Map(rows.map((row) => [row.id, row]));
  const confirmed = sent.flatMap((message) => {
    const at = confirmedAt.get(message.id);
    return at === undefined ? [] : [{ ...message, at, seq: first.get(message.id)?.seq ?? 0 }];
  });
  return sent
    .filter(({ kind }) => kind === 'shared')
    .flatMap(({ id, client, sender }) => {
      const [decision, stands, arrival] = [first.get(id), newest.get(id), arrivals.get(id)];
      if (decision === undefined || stands === undefined) return [];
      if (arrival === undefined)
        return isCleared(stands.verdict) && !isHad(stands)
          ? [`${id} is lost: it is ${String(stands.state)}`]
          : [];
      const before = confirmed.filter(
        (each) =>
          each.client === client && each.seq > decision.seq && each.at < arrival.lastPulledAt,
      );
      const isLate = before.some(({ kind }) => kind === 'withdrawal');
      const isTooMuch =
        arrival.wasWhole && before.some((each) => each.kind === 'limit' && each.sender === sender);
      const isOther =
        stands.verdict === 'cleared'
          ? arrival.wasInPart
          : stands.verdict === 'cleared-in-part' && arrival.wasWhole;
      return [
        // Pulled and not answered when it was taken back: it counts as had.
        ...(isCleared(stands.verdict) || (stands.verdict === 'stopped' && isHad(stands))
          ? []
          : [`${id} came and is ${stands.verdict}`]),
        ...(isLate ? [`${id} was pulled after a withdrawal was confirmed`] : []),
        ...(isTooMuch ? [`${id} was pulled whole after a limit was confirmed`] : []),
        ...(isOther ? [`${id} came otherwise than as ${stands.verdict}`] : []),
      ];
    });
}

/** Pulled by a recipient that did not live to read it, before it was taken back. */
const isHad = ({ state }: RecordRow): boolean => state === 'collected' || state === 'pulled';
