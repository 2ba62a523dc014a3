import { LiveRequests } from '@crs/extension-api';
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AccountModule } from '../account/account.module.js';
import { ApiKeyModule } from '../api-key/api-key.module.js';
import { HttpModule } from '../core/http/http.module.js';
import { SchedulerModule } from '../scheduler/scheduler.module.js';
import { StatsModule } from '../stats/stats.module.js';
import { AccountAttempt } from './attempt/account-attempt.js';
import { AttemptTranslation } from './attempt/attempt-translation.js';
import { AttemptLog } from './attempt/attempt-log.js';
import { AttemptLogRepository } from './attempt/attempt-log.repository.js';
import { RetryHandler } from './attempt/retry-handler.js';
import { AuxiliaryController } from './auxiliary.controller.js';
import { ChatCompletionsController } from './chat-completions.controller.js';
import { ExplainController } from './explain/explain.controller.js';
import { ExplainService } from './explain/explain.service.js';
import { ModelsController } from './models/models.controller.js';
import { OpenAiModelsController } from './models/openai-models.controller.js';
import { ModelsService } from './models/models.service.js';
import { ProtocolErrorRenderers } from './protocol-error.renderer.js';
import { OpenAiController } from './openai.controller.js';
import { OpenRelays } from './open-relays.js';
import { RelayAccess } from './relay-access.js';
import { BrokenAnswers } from './broken-answers.js';
import { RelayAdmission } from './relay-admission.js';
import { RelayClosing } from './relay-closing.js';
import { RelayLedger } from './relay-ledger.js';
import { RelayMetrics } from './relay-metrics.js';
import { RelayRequestFactory } from './relay-request.factory.js';
import { RelayController } from './relay.controller.js';
import { RelayService } from './relay.service.js';
import { RequestLogController } from './requests/request-log.controller.js';
import { RequestLogService } from './requests/request-log.service.js';
import { RelaySettingsController } from './settings/relay-settings.controller.js';
import { RelaySettingsService } from './settings/relay-settings.service.js';
import { CodexAdaptationTransformer } from './transform/codex-adaptation.transformer.js';
import { CodexInstructions } from './transform/codex-instructions.js';
import { PayloadRulesTransformer } from './transform/payload-rules.transformer.js';
import { RequestTransformers } from './transform/request-transformers.js';
import { UpstreamClient } from './upstream/upstream-client.js';

@Module({
  imports: [AccountModule, ApiKeyModule, DiscoveryModule, HttpModule, SchedulerModule, StatsModule],
  controllers: [
    RelayController,
    OpenAiController,
    ChatCompletionsController,
    ModelsController,
    OpenAiModelsController,
    AuxiliaryController,
    RelaySettingsController,
    RequestLogController,
    ExplainController,
  ],
  providers: [
    RelayService,
    RelayRequestFactory,
    RelayAccess,
    RelayAdmission,
    BrokenAnswers,
    RelayClosing,
    RelayLedger,
    RelayMetrics,
    OpenRelays,
    { provide: LiveRequests, useExisting: OpenRelays },
    RetryHandler,
    AccountAttempt,
    AttemptTranslation,
    RequestTransformers,
    CodexInstructions,
    CodexAdaptationTransformer,
    PayloadRulesTransformer,
    AttemptLog,
    AttemptLogRepository,
    RequestLogService,
    UpstreamClient,
    ExplainService,
    ModelsService,
    RelaySettingsService,
    ProtocolErrorRenderers,
  ],
  exports: [LiveRequests],
})
export class RelayModule {}
