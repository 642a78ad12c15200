import { setTimeout as delay } from 'node:timers/promises';
import { type DynamicModule, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Clock } from '#libs/clock/clock.js';
import { canonicalText, messageDigest } from '#libs/digest/message-digest.js';
import { CasesController } from './adapters/cases.controller.js';
import { HealthController } from './adapters/health.controller.js';
import { InboxController } from './adapters/inbox.controller.js';
import { MessagesController } from './adapters/messages.controller.js';
import { PartiesController } from './adapters/parties.controller.js';
import { PartyLinks } from './adapters/party-links.js';
import { PartyInbox } from './domain/party-inbox.js';
import { PartyRoad } from './domain/party-road.js';
import { SendMessage } from './domain/send-message.js';

export interface GatewayParts {
  readonly clock: Clock;
  readonly links: PartyLinks;
  readonly road: PartyRoad;
  readonly inbox: PartyInbox;
  readonly registry: Registry;
}

/** Which adapter fills which port. The parts come made: hooks and shutdown need the same ones. */
@Module({})
export class GatewayModule {
  static of(parts: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        MessagesController,
        InboxController,
        CasesController,
        PartiesController,
        HealthController,
      ],
      providers: [
        { provide: Clock, useValue: parts.clock },
        { provide: PartyLinks, useValue: parts.links },
        { provide: PartyRoad, useValue: parts.road },
        { provide: PartyInbox, useValue: parts.inbox },
        { provide: Registry, useValue: parts.registry },
        {
          provide: SendMessage,
          inject: [PartyRoad],
          useFactory: (road: PartyRoad) =>
            new SendMessage({
              road,
              digestOf: messageDigest,
              canonicalOf: canonicalText,
              monotonicMs: () => performance.now(),
              pause: delay,
            }),
        },
      ],
    };
  }
}
