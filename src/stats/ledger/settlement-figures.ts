import type { Settlement } from '@crs/extension-api';

/** What was used, for the log: no secret, no text of the request. */
export const figuresOf = ({ requestId, record, waste }: Settlement): object => ({
  requestId,
  ...(record !== null && {
    at: record.report.at,
    keyId: record.report.keyId,
    accountId: record.report.accountId,
    model: record.report.model,
    usage: record.report.usage,
    realUsd: record.real.total,
    costUsd: record.rated.total,
  }),
  ...(waste.length > 0 && {
    waste: waste.map(({ attempt, real }) => ({
      at: attempt.at,
      accountId: attempt.accountId,
      model: attempt.model,
      usage: attempt.usage,
      realUsd: real.total,
    })),
  }),
});
