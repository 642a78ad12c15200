import { sourceOf } from '#libs/contracts/mesh-message.js';
import { ownEffectId } from '#libs/contracts/message-id.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import type { DeadLetterReport, NoticeRequest, Route } from '#libs/contracts/service-forms.js';
import type { Telling } from './case-state.js';

/** The router's own party. */
export const routerParty = 'svc_router';

/** A message of the router, as it goes out: `body` is its UTF-8 JSON. */
export interface RouterMessage {
  readonly id: string;
  readonly body: Uint8Array;
}

interface Parts {
  readonly id: string;
  readonly name: MessageName;
  readonly to: string;
  readonly data: object;
}

function compose({ id, name, to, data }: Parts, now: Date): RouterMessage {
  const message = {
    specversion: '1.0',
    id,
    source: sourceOf(routerParty),
    type: typeOf(name),
    time: now.toISOString(),
    to,
    data,
  };
  return { id, body: new TextEncoder().encode(JSON.stringify(message)) };
}

/** The id of a notice: whoever is on duty that day, the same notice has the same id. */
export const noticeId = (
  { cause, kind, holder }: Pick<Telling, 'cause' | 'kind' | 'holder'>,
  escalation = '',
): string =>
  ownEffectId(routerParty, cause, `notice:${kind}`, `${holder.party}/${holder.who}/${escalation}`);

/** The id of a notice about another notice's mail. */
export const mailNoticeId = (notice: string, kind: string): string =>
  ownEffectId(routerParty, notice, `notice:${kind}`);

/** The id of the notice to somebody who has the steps of a person that is away; `cause`: the message that said so. */
export const inheritedId = (cause: string, heir: string): string =>
  ownEffectId(routerParty, cause, 'notice:steps-inherited', heir);

/** The id of the warning of a lapsing agreement; `cause`: its reminder. */
export const lapseWarningId = (cause: string, person: string): string =>
  ownEffectId(routerParty, cause, 'notice:agreement-lapsing', person);

export const noticeMessage = (id: string, data: NoticeRequest, now: Date): RouterMessage =>
  compose({ id, name: 'notice.requested', to: 'svc_notifier', data }, now);

/** The router's answer to a message that waits. */
export const routeMessage = (route: Route, now: Date): RouterMessage =>
  compose(
    {
      id: ownEffectId(routerParty, route.message, 'route'),
      name: 'route.answered',
      to: 'mesh',
      data: route,
    },
    now,
  );

/** @param key what the letter is known by: its id, or its place in the stream */
export const deadLetterMessage = (
  key: string,
  report: DeadLetterReport,
  now: Date,
): RouterMessage =>
  compose(
    {
      id: ownEffectId(routerParty, key, 'dead-letter', report.stream),
      name: 'deadletter.reported',
      to: 'mesh',
      data: report,
    },
    now,
  );
