import { type FailureContext, mapModel, type UpstreamAccount } from '@crs/extension-api';
import type { AppConfig } from '../core/config/app-config.js';

/**
 * What the failure of an attempt with the account is judged by.
 *
 * @param model as the client asked for it
 * @param now epoch ms
 */
export function failureContext(
  { supportedModels }: UpstreamAccount,
  model: string,
  { accountFaultTexts }: AppConfig['marks'],
  now: number,
): FailureContext {
  return { now: new Date(now), model: mapModel(supportedModels, model) ?? model, accountFaultTexts };
}
