import type { Timeline } from '#libs/contracts/ask.js';
import type { Books } from '#services/consent-guard/adapters/asks.responder.js';
import { answersOf } from '#services/consent-guard/adapters/asks.responder.js';
import type { EvidenceBook } from '#services/consent-guard/adapters/evidence.book.js';
import { MeshDesk } from '#services/operator/domain/mesh-desk.js';

/** The operator's desk straight at the guard's evidence, without the broker between. */
export class BookDesk extends MeshDesk {
  private readonly answer: ReturnType<typeof answersOf>;

  constructor(evidence: EvidenceBook) {
    super();
    this.answer = answersOf({ evidence } as Books);
  }

  override send(): Promise<string> {
    throw new Error('this desk only asks');
  }

  override verdict(): Promise<Timeline> {
    throw new Error('this desk only asks');
  }

  override ask(verb: string, question: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.askAs('svc_ops', verb, question);
  }

  async askAs(
    party: string,
    verb: string,
    question: Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    const reply = await this.answer(party, verb, question);
    if (JSON.stringify(reply).length > 250 * 1024) throw new Error('the broker would not carry it');
    const { ok: _ok, ...answer } = reply;
    return answer;
  }

  override async close(): Promise<void> {}
}
