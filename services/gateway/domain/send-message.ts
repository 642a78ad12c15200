import { type Timeline, okReply, seenReply, timelineReply } from '#libs/contracts/ask.js';
import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import type { Problem } from '#libs/contracts/problem.js';
import { readJson } from '#libs/contracts/read-json.js';
import { type ReadMessage, messageFieldsAt, readMessage } from '#libs/contracts/read-message.js';
import { IdsUnderWay } from './ids-under-way.js';
import type { PartyRoad } from './party-road.js';
import { tellTimeline } from './tell-timeline.js';

export type SendAnswer =
  | { readonly kind: 'wrong'; readonly problems: readonly [Problem, ...Problem[]] }
  | { readonly kind: 'accepted'; readonly id: string }
  | { readonly kind: 'decided'; readonly id: string; readonly timeline: Timeline };

export interface SendRequest {
  readonly party: string;
  /** The body as it came. */
  readonly text: string;
  /** Mesh time, for the age of ids and for dates. */
  readonly nowMs: number;
  /** How long to wait for the verdict; undefined: not at all. */
  readonly waitMs: number | undefined;
}

export interface SendParts {
  readonly road: PartyRoad;
  /** `messageDigest`: the guard judges repeats by the same. */
  readonly digestOf: (message: unknown) => string;
  /** `canonicalText`: what goes on the road. Throws for what has no such form. */
  readonly canonicalOf: (message: unknown) => string;
  readonly monotonicMs: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

/** The guard is asked whether it knows the id; later than this the message goes on: the guard judges repeats itself. */
const seenTimeoutMs = 1_000;
/** A question waits no longer than this at the guard, and is asked anew: one that a guard had in hand when it was killed is answered by nobody. */
const verdictSliceMs = 2_000;
/** Beyond the wait itself, for the way there and back. */
const verdictMarginMs = 1_000;
/** Where nobody answers at all. */
const verdictPauseMs = 200;

const verdictAnswer = okReply(timelineReply.shape);

/**
 * One message from a party: read, judged as a repeat or not, put out, and where asked the verdict awaited. Whether it may travel is
 * the guard's to say, never decided here.
 */
export class SendMessage {
  readonly #parts: SendParts;
  readonly #underWay = new IdsUnderWay();

  constructor(parts: SendParts) {
    this.#parts = parts;
  }

  /** @throws MeshError of `PartyRoad.publish`: the message may or may not be stored; the same may be sent again. */
  async send(request: SendRequest): Promise<SendAnswer> {
    const read = readOwn(request, this.#parts.canonicalOf);
    if ('problems' in read) return { kind: 'wrong', problems: read.problems };
    const { id } = read.message.envelope;
    if (
      !(await this.#accept({
        party: request.party,
        id,
        digest: this.#parts.digestOf(read.json),
        body: read.body,
      }))
    )
      return {
        kind: 'wrong',
        ...wrong('id-reused', 'id was used before for another message; make a new id', 'id'),
      };
    const timeline =
      request.waitMs === undefined
        ? undefined
        : await this.#verdict(request.party, id, request.waitMs);
    return timeline === undefined ? { kind: 'accepted', id } : { kind: 'decided', id, timeline };
  }

  /** True once the message is on the road, now or since before; false when the id is another message's. */
  async #accept(message: Outgoing): Promise<boolean> {
    const { monotonicMs } = this.#parts;
    const key = `${message.party}/${message.id}`;
    const repeat = this.#underWay.find(key, message.digest, monotonicMs());
    if (repeat.kind === 'other') return false;
    if (repeat.kind === 'same') return repeat.accepted;
    // Noted before the first await, so that a repeat that comes meanwhile finds it.
    const accepted = this.#putOut(message);
    this.#underWay.add(key, message.digest, accepted, monotonicMs());
    return accepted;
  }

  async #putOut({ party, id, digest, body }: Outgoing): Promise<boolean> {
    const seen = await this.#seen(party, id, digest);
    if (seen === 'other') return false;
    if (seen === 'no') await this.#parts.road.publish(party, id, body);
    return true;
  }

  async #seen(party: string, id: string, digest: string): Promise<'no' | 'same' | 'other'> {
    try {
      const answer = await this.#parts.road.ask(party, 'seen', { id, digest }, seenTimeoutMs);
      return answer.ok ? seenReply.parse({ seen: answer.value['seen'] }).seen : 'no';
    } catch {
      return 'no';
    }
  }

  /** Undefined while it is not decided, and where the guard does not answer: the message was accepted all the same. */
  async #verdict(party: string, id: string, waitMs: number): Promise<Timeline | undefined> {
    const { monotonicMs, pause } = this.#parts;
    const end = monotonicMs() + waitMs;
    for (;;) {
      const left = end - monotonicMs();
      const timeline = await this.#verdictWithin(
        party,
        id,
        Math.max(0, Math.min(left, verdictSliceMs)),
      );
      if (timeline !== undefined || end - monotonicMs() <= 0) return timeline;
      await pause(verdictPauseMs);
    }
  }

  async #verdictWithin(party: string, id: string, waitMs: number): Promise<Timeline | undefined> {
    try {
      const answer = await this.#parts.road.ask(
        party,
        'verdict',
        { id, waitMs },
        waitMs + verdictMarginMs,
      );
      if (!answer.ok) return undefined;
      const { ok: _ok, ...timeline } = verdictAnswer.parse({ ...answer.value, ok: true });
      return timeline.state === 'undecided' ? undefined : tellTimeline(timeline);
    } catch {
      return undefined;
    }
  }
}

interface Outgoing {
  readonly party: string;
  readonly id: string;
  readonly digest: string;
  /** The message as canonical JSON. */
  readonly body: string;
}

interface Wrong {
  readonly problems: readonly [Problem, ...Problem[]];
}

type Read =
  { readonly json: unknown; readonly body: string; readonly message: ReadMessage } | Wrong;

function readOwn({ party, text, nowMs }: SendRequest, canonicalOf: SendParts['canonicalOf']): Read {
  const parsed = parse(text, canonicalOf);
  if ('problems' in parsed) return parsed;
  const { json, body } = parsed;
  const source =
    typeof json === 'object' && json !== null ? (json as { source?: unknown }).source : undefined;
  // First: whoever writes another's name learns nothing more about the message.
  if (typeof source === 'string' && source.startsWith('/parties/') && source !== sourceOf(party))
    return wrong('source-not-sender', 'source must be /parties/ and your own party', 'source');
  // A field of this name escapes the schemas, which read it as the object's prototype.
  if (body.includes('"__proto__":'))
    return wrong(
      'malformed-message',
      'the message has a field that this form does not know; remove it',
    );
  const read = readMessage(json, nowMs);
  if (read.ok) return { json, body, message: read.message };
  const [first, ...others] = read.problems;
  return first === undefined
    ? wrong('malformed-message', 'the message cannot be read')
    : { problems: [first, ...others] };
}

/** The text as a value, and again as text in its one form: no white space, and no escapes that say the same in other words. */
function parse(
  text: string,
  canonicalOf: SendParts['canonicalOf'],
): { readonly json: unknown; readonly body: string } | Wrong {
  const read = readJson(text, messageFieldsAt);
  if (!read.ok) return { problems: [read.problem] };
  const { json } = read;
  try {
    return { json, body: canonicalOf(json) };
  } catch {
    return wrong('malformed-message', 'the message is nested too deeply');
  }
}

const wrong = (code: MeshErrorCode, detail: string, field?: string): Wrong => ({
  problems: [{ code, detail, ...(field === undefined ? {} : { field }) }],
});
