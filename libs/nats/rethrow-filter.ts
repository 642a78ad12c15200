import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Lets what a message handler threw reach the strategy as it is. Nest's default filter turns it into `{ status: 'error' }`, by which no
 * one can tell what passes from what stays. Bind with `app.useGlobalFilters(new RethrowFilter())` or `@UseFilters(RethrowFilter)`.
 */
@Catch()
export class RethrowFilter implements RpcExceptionFilter {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}
