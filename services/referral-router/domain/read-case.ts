import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { type CaseState, newCase } from './case-state.js';
import { advanceCase } from './advance-case.js';
import type { StepClocks } from './due-date.js';

const isCleared = ({ verdict }: MeshEvent): boolean =>
  verdict === 'cleared' || verdict === 'cleared-in-part';

/**
 * A case told from its events, whatever order they came in and however often: each record once, by `seq`. A case has some tens of
 * events, so it is told anew each time; nothing has to be mended when one comes late.
 */
export function readCase(events: readonly MeshEvent[], clocks: StepClocks): CaseState {
  const records = [
    ...new Map(events.map((event) => [`${event.id}.${event.verdict}`, event])).values(),
  ].sort((a, b) => a.seq - b.seq);
  const messages = new Map(records.filter(isCleared).map((event) => [event.id, event]));
  const stopped = new Set(
    records.filter(({ verdict }) => verdict === 'stopped').map(({ id }) => id),
  );
  const around = {
    clocks,
    messageOf: (id: string) => messages.get(id),
    isStopped: (id: string) => stopped.has(id),
  };
  const state = records.reduce((before, event) => advanceCase(before, event, around), newCase);
  const isOpen = (cause: string): boolean => state.steps.some((step) => step.cause === cause);
  return {
    ...state,
    tellings: state.tellings.filter(
      ({ whileOpen, cause }) => whileOpen === undefined || isOpen(cause),
    ),
  };
}
