import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeyDirectory, ApiKeyNames, OutageLimits } from '@crs/extension-api';
import { ApiKeyAuthenticator } from './api-key-authenticator.js';
import { ApiKeyBatchController } from './api-key-batch.controller.js';
import { ApiKeyBatchService } from './api-key-batch.service.js';
import { ApiKeyEditor } from './api-key-editor.js';
import { ApiKeyIndexBuild } from './api-key-index-build.js';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { ApiKeyNamesRepository } from './api-key-names.repository.js';
import { ApiKeyQueryRepository } from './api-key-query.repository.js';
import { ApiKeyQueryService } from './api-key-query.service.js';
import { ApiKeyRemoval } from './api-key-removal.js';
import { ApiKeyController } from './api-key.controller.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeyService } from './api-key.service.js';
import { BindingTargetRepository } from './binding-target.repository.js';
import { BoundKeysRepository } from './bound-keys.repository.js';
import { ClientAuthHook } from './client-auth.hook.js';
import { KeyActivation } from './key-activation.js';
import { AdmissionQueue } from './limits/admission-queue.js';
import { LimitCheck } from './limits/limit-check.js';
import { LimitRepository } from './limits/limit.repository.js';
import { LimitService } from './limits/limit.service.js';
import { OutageAdmission } from './limits/outage-admission.js';
import { OutageAllowance } from './limits/outage-allowance.js';
import { QueueFiguresRepository } from './limits/queue-figures.repository.js';
import { QueueController } from './limits/queue.controller.js';
import { QueueService } from './limits/queue.service.js';
import { PrincipalFinder } from './principal-finder.js';
import { StoredApiKeyDirectory } from './stored-api-key.directory.js';
import { TagController } from './tag.controller.js';
import { TagRepository } from './tag.repository.js';
import { TagService } from './tag.service.js';

/** Who a client is, and what an administrator allows it. */
@Module({
  controllers: [ApiKeyController, ApiKeyBatchController, QueueController, TagController],
  providers: [
    ApiKeyRepository,
    BindingTargetRepository,
    BoundKeysRepository,
    ApiKeyIndexRepository,
    ApiKeyIndexBuild,
    ApiKeyQueryRepository,
    ApiKeyEditor,
    ApiKeyService,
    ApiKeyQueryService,
    ApiKeyBatchService,
    ApiKeyRemoval,
    TagRepository,
    TagService,
    ApiKeyAuthenticator,
    ClientAuthHook,
    KeyActivation,
    LimitCheck,
    OutageAdmission,
    OutageAllowance,
    PrincipalFinder,
    LimitRepository,
    QueueFiguresRepository,
    AdmissionQueue,
    LimitService,
    QueueService,
    { provide: APP_GUARD, useClass: ApiKeyGuard },
    { provide: ApiKeyDirectory, useClass: StoredApiKeyDirectory },
    { provide: ApiKeyNames, useClass: ApiKeyNamesRepository },
    { provide: OutageLimits, useExisting: OutageAllowance },
  ],
  exports: [ApiKeyDirectory, ApiKeyNames, LimitService, OutageLimits, PrincipalFinder],
})
export class ApiKeyModule {}
