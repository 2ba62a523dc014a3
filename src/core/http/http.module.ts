import { Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { ErrorRenderers } from './error-renderers.js';
import { GlobalExceptionFilter } from './exception.filter.js';
import { MovedPathsRenderer } from './moved-paths.renderer.js';
import { RouteAccessCheck } from './route-access.check.js';
import { createValidationPipe } from './validation.js';

/** How requests are checked and errors answered, for every route. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    ErrorRenderers,
    MovedPathsRenderer,
    RouteAccessCheck,
    { provide: APP_FILTER, useClass: GlobalExceptionFilter },
    { provide: APP_PIPE, useFactory: createValidationPipe },
  ],
  exports: [ErrorRenderers],
})
export class HttpModule {}
