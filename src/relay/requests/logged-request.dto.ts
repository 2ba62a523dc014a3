import { ApiProperty } from '@nestjs/swagger';
import type { LoggedRequest } from './request-log.service.js';

const ENDS = ['completed', 'client_gone', 'upstream_broken', 'stopped', 'failed'] as const;
const ACCOUNT_ID = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';

/** One account that was asked. */
class RequestAttemptDto {
  @ApiProperty({ description: 'The account.', example: ACCOUNT_ID })
  accountId!: string;

  @ApiProperty({
    description: 'Its name; null = there is no such account any more.',
    type: String,
    nullable: true,
    example: 'console 1',
  })
  accountName!: string | null;

  @ApiProperty({ description: 'Its platform.', example: 'claude-console' })
  platform!: string;

  @ApiProperty({
    description:
      'ok; intercepted = answered here, without the upstream; broke_off = the upstream broke off behind the first content; given_up = nobody waited any more; or what failed: status, transport, timeout, malformed, error_event.',
    example: 'status',
  })
  result!: string;

  @ApiProperty({
    description:
      'Why, in one word: connect, dns, tls, reset, first_byte, idle, ... or the type of the error that the upstream sent; unreadable = that type was no such word. Null = nothing more is known.',
    type: String,
    nullable: true,
    example: null,
  })
  reason!: string | null;

  @ApiProperty({
    description:
      'What follows from the failure: other_account = the next account is asked; give_up = only the client can mend it. Null = it did not fail, or nobody waited.',
    type: String,
    nullable: true,
    example: 'other_account',
  })
  verdict!: string | null;

  @ApiProperty({
    description: 'The mark that the failure stands for; null = none.',
    type: String,
    nullable: true,
    example: 'overload',
  })
  mark!: string | null;

  @ApiProperty({
    description: 'The status with which the upstream refused; null = it did not.',
    type: Number,
    nullable: true,
    example: 529,
  })
  status!: number | null;

  @ApiProperty({ description: 'When it was asked.', format: 'date-time', example: '2026-11-23T04:05:16.176Z' })
  startedAt!: string;

  @ApiProperty({
    description: 'Milliseconds to its failure, or until its answer belonged to the client.',
    example: 214,
  })
  ms!: number;
}

/** An error that the gateway itself has told a client. */
class RequestRefusalDto {
  @ApiProperty({ description: 'What kind of error it was.', example: 'no_account' })
  code!: string;

  @ApiProperty({
    description: 'The message that the client got; null = it was the words of an upstream, which are not kept.',
    type: String,
    nullable: true,
    example: 'No upstream account is available for this request (2 cooling down).',
  })
  message!: string | null;
}

/** One request and the accounts that were asked for it. */
export class LoggedRequestDto {
  @ApiProperty({
    description: 'The id of the request, sent to the client as `x-relay-request-id`.',
    example: 'req_3f0c9d1e8b7a4c5d9e2f1a0b6c7d8e9f',
  })
  requestId!: string;

  @ApiProperty({
    description: 'The id that the upstream gave to its answer; null = none.',
    type: String,
    nullable: true,
    example: 'req_011CSHoEeqs5C35K2UUqR7Fy',
  })
  upstreamRequestId!: string | null;

  @ApiProperty({ description: 'When it came.', format: 'date-time', example: '2026-11-23T04:05:16.101Z' })
  at!: string;

  @ApiProperty({ description: 'The key that it came with.', example: '80cac638-f623-4bed-ac85-8a1a69d6525d' })
  keyId!: string;

  @ApiProperty({ description: 'The model that the client asked for.', example: 'claude-opus-5-5' })
  model!: string;

  @ApiProperty({ description: 'The path that the client called.', example: '/api/v1/messages' })
  endpoint!: string;

  @ApiProperty({ description: 'Whether a stream was asked for.', example: true })
  stream!: boolean;

  @ApiProperty({
    description: 'The account whose answer went to the client; null = none.',
    type: String,
    nullable: true,
    example: ACCOUNT_ID,
  })
  accountId!: string | null;

  @ApiProperty({
    description:
      'completed; client_gone = the client left; upstream_broken = the upstream broke off in the middle of the answer; stopped = the gateway was stopped in the middle of the answer; failed = the client got an error.',
    enum: ENDS,
    example: 'completed',
  })
  end!: (typeof ENDS)[number];

  @ApiProperty({
    description: 'The status that the client got; null = it left before.',
    type: Number,
    nullable: true,
    example: 200,
  })
  status!: number | null;

  @ApiProperty({ description: 'Milliseconds from its coming to the end of the answer.', example: 4213 })
  ms!: number;

  @ApiProperty({
    description: 'The error that the gateway itself told the client; null = none.',
    type: RequestRefusalDto,
    nullable: true,
    example: null,
  })
  refusal!: Readonly<RequestRefusalDto> | null;

  @ApiProperty({ description: 'The accounts that were asked, in order.', type: [RequestAttemptDto] })
  attempts!: readonly Readonly<RequestAttemptDto>[];
}

/** One request, with the name of its key. */
export class LoggedRequestOfKeyDto extends LoggedRequestDto {
  @ApiProperty({
    description: 'The name of the key; null = it was removed for good.',
    type: String,
    nullable: true,
    example: 'web-team',
  })
  keyName!: string | null;
}

/** Field by field: an entry was read from the store, and nothing else of it is shown. */
export function toLoggedRequestDto({ entry, accountNames }: LoggedRequest): Readonly<LoggedRequestDto> {
  const { requestId, upstreamRequestId, at, keyId, model, endpoint, stream, accountId, end, status, ms } = entry;
  return {
    ...{ requestId, upstreamRequestId, at, keyId, model, endpoint, stream, accountId, end, status, ms },
    refusal: entry.refusal,
    attempts: entry.attempts.map((attempt) => ({
      accountId: attempt.accountId,
      accountName: accountNames.get(attempt.accountId) ?? null,
      platform: attempt.platform,
      result: attempt.result,
      reason: attempt.reason,
      verdict: attempt.verdict,
      mark: attempt.mark,
      status: attempt.status,
      startedAt: attempt.startedAt,
      ms: attempt.ms,
    })),
  };
}
