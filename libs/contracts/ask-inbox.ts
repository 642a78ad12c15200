import { z } from 'zod';

/*
 * What parties ask the guard about what is theirs to take: `ask.<party>.take`, `ask.<party>.settle`; and the services that follow what the mesh
 * decides, `ask.<service>.events`.
 */

/** Text of messages in one answer, in bytes: the broker carries 512 KiB, the largest message is 256 KiB. A first message always goes. */
export const answerBytes = 448 * 1024;
/** The broker forgets whom to answer after two minutes. */
export const longestWaitMs = 25_000;

const waitMs = z.number().int().min(0).max(longestWaitMs).default(0);
const ids = z.array(z.uuid()).max(1_024);

/**
 * `take`: an id of this take; asked again with it while its messages are in hand, the same are given again. `done`: messages that need not come
 * again. What is given and not done comes again, to whoever takes then.
 */
export const askTake = z.strictObject({
  take: z.uuid(),
  max: z.number().int().min(1).max(256),
  waitMs,
  done: ids.default([]),
});

/** `given`: how often, this time included. `place` grows in the order in which messages are to be read. */
export const takeReply = z.object({
  messages: z.array(
    z.object({
      place: z.number().int(),
      given: z.number().int(),
      message: z.looseObject({ id: z.string(), type: z.string() }),
    }),
  ),
});

/** `again`: messages in hand that are to wait so long, and then come again; 0: now. */
export const askSettle = z.strictObject({
  done: ids.default([]),
  again: z
    .array(z.strictObject({ id: z.uuid(), afterMs: z.number().int().min(0).max(3_600_000) }))
    .max(1_024)
    .default([]),
});

/** `done`: those of the ones asked about that the party was given some time. */
export const settleReply = z.object({ done: z.array(z.string()) });

/** `after`: the number of the last event that was followed; 0: none. */
export const askEvents = z.strictObject({
  after: z.number().int().min(0),
  max: z.number().int().min(1).max(512),
  waitMs,
});

/** The event is read by who follows: one that cannot be read must not keep the rest from it. */
export const eventsReply = z.object({
  events: z.array(z.object({ number: z.number().int(), event: z.unknown() })),
});

export type NumberedEvent = z.infer<typeof eventsReply>['events'][number];
