import { EventPattern } from '@nestjs/microservices';

/** Marks a method as the handler of one message type: `(message: unknown, context: DeliveryContext)`. Types Nest's decorator for both. */
export const HandlesMessage = (type: string): MethodDecorator =>
  EventPattern(type) as MethodDecorator;
