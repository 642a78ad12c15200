import type { Timeline } from '#libs/contracts/ask.js';
import { correctionStopped } from '#libs/contracts/correction-stopped.js';
import { errorRules, type MeshErrorCode } from '#libs/contracts/error-codes.js';
import { type ProblemDocument, problemDocument } from './problem-document.js';

/**
 * A timeline as its party reads it. Whether the client is unknown, never consented, withdrew or let it lapse must not show, so a record
 * of `no-consent-on-record` says that and nothing else, whatever else the answer held; but that a wrong outcome is used no more.
 */
export function tellTimeline(timeline: Timeline): Timeline {
  const records = timeline.records.map(({ field, detail, ...record }) =>
    record.reason === 'no-consent-on-record'
      ? { ...record, ...(detail === correctionStopped ? { detail } : {}) }
      : {
          ...record,
          ...(field === undefined ? {} : { field }),
          ...(detail === undefined ? {} : { detail }),
        },
  );
  return { ...timeline, records };
}

/** A refusal as a problem document with the timeline in it, or undefined where the message was not refused. */
export function refusalProblem(timeline: Timeline): ProblemDocument | undefined {
  if (timeline.state !== 'refused') return undefined;
  const refused = timeline.records.findLast((record) => record.verdict === 'refused');
  const code: MeshErrorCode = isCode(refused?.reason) ? refused.reason : 'malformed-message';
  const detail = refused?.detail ?? errorRules[code].title;
  return {
    ...problemDocument({
      code,
      detail,
      ...(refused?.field === undefined ? {} : { field: refused.field }),
    }),
    verdict: timeline,
  };
}

const isCode = (text: string | undefined): text is MeshErrorCode =>
  text !== undefined && Object.hasOwn(errorRules, text);
