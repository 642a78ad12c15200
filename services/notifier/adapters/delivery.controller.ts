import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { Logger } from 'pino';
import { z } from 'zod';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { mailboxPutForm, noticeForm, noticeStopForm } from '#libs/contracts/service-forms.js';
import { HandlesMessage } from '#libs/nats/handles-message.js';
import { keyRefusals } from '../domain/sealer.js';
import { type Incoming, MailDesk } from './mail-desk.js';

export const loggerToken = Symbol('logger');

/**
 * What comes into the notifier's inbox, by type. Only the guard can put anything there. The log names messages by their ids alone: whoever
 * reads it must not learn that a person got an alert, nor of what kind.
 */
@Controller()
export class DeliveryController {
  constructor(
    @Inject(MailDesk) private readonly desk: MailDesk,
    @Inject(loggerToken) private readonly logger: Logger,
  ) {}

  @HandlesMessage(typeOf('notice.requested'))
  async onNotice(@Payload() message: unknown): Promise<void> {
    const { envelope, form } = read(message, noticeForm);
    await this.desk.takeNotice(envelope, form);
    this.logger.info({ event: 'notice-taken', notice: envelope.id }, 'notice taken');
  }

  @HandlesMessage(typeOf('notice.stop'))
  async onStop(@Payload() message: unknown): Promise<void> {
    const { envelope, form } = read(message, noticeStopForm);
    const stopped = await this.desk.stopNotices(envelope, form);
    this.logger.info(
      { event: 'mail-stopped', asked: form.notices.length, stopped },
      'mail stopped',
    );
  }

  @HandlesMessage(typeOf('people.mailbox-put'))
  async onMailbox(@Payload() message: unknown): Promise<void> {
    const { envelope, form } = read(message, mailboxPutForm);
    const refusal = await this.desk.putMailbox(envelope, form);
    if (refusal === undefined)
      this.logger.info({ event: 'mailbox-put', message: envelope.id }, 'mailbox put');
    else
      this.logger.warn(
        { event: 'key-refused', message: envelope.id, refusal, why: keyRefusals[refusal] },
        'key refused',
      );
  }
}

const delivered = z.object({
  id: z.uuid(),
  time: z.iso.datetime({ offset: true }),
  data: z.unknown(),
});

/** The guard checks forms before it delivers; one that does not fit here is a mismatch of versions, kept among the dead letters. */
function read<T extends z.ZodType>(
  message: unknown,
  form: T,
): { readonly envelope: Incoming; readonly form: z.output<T> } {
  const envelope = delivered.safeParse(message);
  if (!envelope.success) throw malformed(envelope.error.issues[0]?.path ?? []);
  const parsed = form.safeParse(envelope.data.data);
  if (!parsed.success) throw malformed(['data', ...(parsed.error.issues[0]?.path ?? [])]);
  return {
    envelope: { id: envelope.data.id, time: new Date(envelope.data.time) },
    form: parsed.data,
  };
}

function malformed(path: readonly PropertyKey[]): MeshError {
  const field = path.map(String).join('.');
  return new MeshError('malformed-message', `${field} is not as the form has it`, { field });
}
