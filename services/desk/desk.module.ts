import { type DynamicModule, Module } from '@nestjs/common';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { Clock } from '#libs/clock/clock.js';
import { AccessibilityController } from './accessibility/controller.js';
import { ActionController } from './action/controller.js';
import { AgencyFile } from './adapters/agency.file.js';
import { AssetsController } from './adapters/assets.controller.js';
import { CaseDesk } from './adapters/case.desk.js';
import { DraftStore } from './adapters/draft.store.js';
import { GatewayClient } from './adapters/gateway.client.js';
import { HandOverDesk } from './adapters/hand-over.desk.js';
import { HealthController } from './adapters/health.controller.js';
import { MessageSender } from './adapters/message.sender.js';
import { OfficeDesk } from './adapters/office.desk.js';
import { QueueDesk } from './adapters/queue.desk.js';
import { ReferralDesk } from './adapters/referral.desk.js';
import { SavedForms } from './adapters/saved-forms.js';
import { SignInDesk } from './adapters/sign-in.desk.js';
import { ViewingStore } from './adapters/viewing.store.js';
import { BoardController } from './board/controller.js';
import { CaseController } from './case/controller.js';
import { ConsentController } from './consent/controller.js';
import { LookedController } from './looked/controller.js';
import { MessageController } from './message/controller.js';
import { QueueController } from './queue/controller.js';
import { ReferController } from './refer/controller.js';
import { SignInController } from './sign-in/controller.js';
import { SlipController } from './slip/controller.js';
import { TodayController } from './today/controller.js';
import { WithdrawController } from './withdraw/controller.js';

export interface DeskParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly agencyFile: AgencyFile;
  readonly gateway: GatewayClient;
  readonly cases: CaseDesk;
  readonly drafts: DraftStore;
  readonly handOvers: HandOverDesk;
  readonly offices: OfficeDesk;
  readonly queues: QueueDesk;
  readonly sender: MessageSender;
  readonly referrals: ReferralDesk;
  readonly signIn: SignInDesk;
  readonly viewings: ViewingStore;
}

/** The pages. The parts come made: the edge and the collectors need the same ones. */
@Module({})
export class DeskModule {
  static of(parts: DeskParts): DynamicModule {
    return {
      module: DeskModule,
      controllers: [
        SignInController,
        TodayController,
        QueueController,
        BoardController,
        SlipController,
        LookedController,
        WithdrawController,
        ConsentController,
        ActionController,
        MessageController,
        CaseController,
        ReferController,
        AccessibilityController,
        AssetsController,
        HealthController,
      ],
      providers: [
        { provide: Pool, useValue: parts.pool },
        { provide: Clock, useValue: parts.clock },
        { provide: Registry, useValue: parts.registry },
        { provide: AgencyFile, useValue: parts.agencyFile },
        { provide: GatewayClient, useValue: parts.gateway },
        { provide: CaseDesk, useValue: parts.cases },
        { provide: DraftStore, useValue: parts.drafts },
        { provide: SavedForms, useValue: new SavedForms(parts.drafts) },
        { provide: HandOverDesk, useValue: parts.handOvers },
        { provide: OfficeDesk, useValue: parts.offices },
        { provide: QueueDesk, useValue: parts.queues },
        { provide: MessageSender, useValue: parts.sender },
        { provide: ReferralDesk, useValue: parts.referrals },
        { provide: SignInDesk, useValue: parts.signIn },
        { provide: ViewingStore, useValue: parts.viewings },
      ],
    };
  }
}
