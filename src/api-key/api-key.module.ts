import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeyDirectory } from '@crs/extension-api';
import { ApiKeyAuthenticator } from './api-key-authenticator.js';
import { ApiKeyIndexBuild } from './api-key-index-build.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { ApiKeyController } from './api-key.controller.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeyService } from './api-key.service.js';
import { ClientAuthHook } from './client-auth.hook.js';
import { StoredApiKeyDirectory } from './stored-api-key.directory.js';

/** Who a client is, and what an administrator allows it. */
@Module({
  controllers: [ApiKeyController],
  providers: [
    ApiKeyRepository,
    ApiKeyIndexRepository,
    ApiKeyIndexBuild,
    ApiKeyService,
    ApiKeyAuthenticator,
    ClientAuthHook,
    { provide: APP_GUARD, useClass: ApiKeyGuard },
    { provide: ApiKeyDirectory, useClass: StoredApiKeyDirectory },
  ],
  exports: [ApiKeyDirectory],
})
export class ApiKeyModule {}
