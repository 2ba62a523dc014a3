import { mapModel, type RelayRequest, type UpstreamAccount } from '@crs/extension-api';
import { replaceSpan } from '@crs/json-scan';

/**
 * The client's own bytes, of which only the model's name changes where the account maps it. A model that the account does
 * not list is sent as it is: whether such an account may be asked is not decided here.
 */
export function mappedBody(request: RelayRequest, account: UpstreamAccount): Buffer {
  const model = mapModel(account.supportedModels, request.model) ?? request.model;
  return model === request.model ? request.body : replaceSpan(request.body, request.modelSpan, model);
}
