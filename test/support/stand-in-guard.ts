import type { NatsConnection } from '@nats-io/nats-core';
import { type AnswerServer, serveAsks } from '#libs/nats/answer-server.js';
import type { AskReply } from '#libs/nats/ask-client.js';
import { StandInEvents, StandInInbox } from './stand-in-inbox.js';

/** The guard's answers under its own key: inboxes and events in memory, and to every other question the name of who asks. It decides nothing. */
export interface StandInGuard {
  readonly inbox: StandInInbox;
  readonly events: StandInEvents;
  /** What was asked, `<party> <verb>`. */
  readonly asked: string[];
  /** Hears no more questions, and answers those that wait. */
  stop(): Promise<void>;
}

/** @param kept of a stand-in that has stopped: another that goes on where it was */
export async function standInGuard(
  connection: NatsConnection,
  kept: Partial<Pick<StandInGuard, 'inbox' | 'events'>> = {},
): Promise<StandInGuard> {
  const { inbox = new StandInInbox(), events = new StandInEvents() } = kept;
  const asked: string[] = [];
  const asks: AnswerServer = serveAsks(connection, async (party, verb, payload) => {
    asked.push(`${party} ${verb}`);
    if (verb === 'take') return (await inbox.take(party, payload)) as AskReply;
    if (verb === 'settle') return inbox.settle(party, payload) as AskReply;
    if (verb === 'events') return (await events.events(payload)) as AskReply;
    return { ok: true, party, verb, payload };
  });
  await connection.flush();
  const stop = async (): Promise<void> => {
    const stopped = asks.stop();
    if (!connection.isClosed()) await connection.flush();
    inbox.endWaits();
    events.endWaits();
    await stopped;
  };
  return { inbox, events, asked, stop };
}
