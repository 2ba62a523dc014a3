import type { AccountProxy } from '@crs/extension-api';
import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  type ValidationArguments,
} from 'class-validator';
import { NO_CONTROL_CHARACTERS } from '../../core/http/tidy-text.js';
import type { ProxyInput } from '../account-input.js';
import { isProxyHost, PROXY_TYPES } from '../field-codecs.js';
import { isMetadataHost } from '../upstream-url.js';

const MAX_CREDENTIAL_LENGTH = 500;
/** One byte tells the length of each in the protocol. */
const MAX_SOCKS_BYTES = 255;

const isHost = (value: unknown): value is string => typeof value === 'string' && isProxyHost(value);

const IsProxyHost = (): PropertyDecorator =>
  ValidateBy({
    name: 'isProxyHost',
    validator: {
      validate: (value) => isHost(value) && !isMetadataHost(value),
      defaultMessage: (told) =>
        isHost(told?.value)
          ? '$property must not be a link-local or cloud metadata address: no proxy is there'
          : '$property must be a host name or an IP address, without scheme, port, path, user name or password',
    },
  });

/** What the type of the proxy cannot carry, in words for an administrator; null = nothing. */
function findMisfit({ value, property, object }: ValidationArguments): string | null {
  if (typeof value !== 'string') return 'must be text';
  const { type } = object as Partial<AccountProxyInputDto>;
  if (type === 'socks5') {
    const isLong = Buffer.byteLength(value) > MAX_SOCKS_BYTES;
    return isLong ? `must have at most ${String(MAX_SOCKS_BYTES)} bytes for socks5` : null;
  }
  const isSplit = property === 'username' && value.includes(':');
  return isSplit ? 'must not hold a colon: http and https proxies take what follows it for the password' : null;
}

const FitsProxyType = (): PropertyDecorator =>
  ValidateBy({
    name: 'fitsProxyType',
    validator: {
      validate: (_, told) => told === undefined || findMisfit(told) === null,
      defaultMessage: (told) => `$property ${(told && findMisfit(told)) ?? 'does not fit the type of the proxy'}`,
    },
  });

/** A user name or a password; may be left out. */
const Credential = (): PropertyDecorator =>
  applyDecorators(
    IsOptional(),
    FitsProxyType(),
    Matches(NO_CONTROL_CHARACTERS, { message: '$property must not hold control characters' }),
    MaxLength(MAX_CREDENTIAL_LENGTH),
    IsString({ message: '$property must be text' }),
  );

/** A proxy as an administrator gives it. */
export class AccountProxyInputDto implements ProxyInput {
  @ApiProperty({ description: 'How the proxy is spoken to.', enum: PROXY_TYPES, example: 'socks5' })
  @IsIn(PROXY_TYPES, { message: `$property must be one of: ${PROXY_TYPES.join(', ')}` })
  type!: AccountProxy['type'];

  @ApiProperty({
    description:
      'Host name or IP address, without scheme, port, path, user name or password. Not a link-local or cloud metadata address; private ones are fine.',
    example: 'proxy.example.com',
  })
  @IsProxyHost()
  host!: string;

  @ApiProperty({ description: 'Port.', minimum: 1, maximum: 65535, example: 1080 })
  @Min(1)
  @Max(65_535)
  @IsInt({ message: '$property must be a whole number' })
  port!: number;

  @ApiPropertyOptional({
    description: 'User name, at most 255 bytes for socks5, without a colon for http and https; left out or null: none.',
    nullable: true,
    type: String,
    example: 'relay',
  })
  @Credential()
  username?: string | null;

  @ApiPropertyOptional({
    description:
      'Password, at most 255 bytes for socks5. Left out of a change, the stored one is kept if host, port and user name stay the same; null removes it.',
    nullable: true,
    type: String,
    writeOnly: true,
    example: 'correct horse battery staple',
  })
  @Credential()
  password?: string | null;
}

/** A proxy as it is answered: never with its password. */
export class AccountProxyDto {
  @ApiProperty({ description: 'How the proxy is spoken to.', enum: PROXY_TYPES, example: 'socks5' })
  type!: AccountProxy['type'];

  @ApiProperty({ description: 'Host name or IP address.', example: 'proxy.example.com' })
  host!: string;

  @ApiProperty({ description: 'Port.', example: 1080 })
  port!: number;

  @ApiProperty({ description: 'User name; null = none.', nullable: true, type: String, example: 'relay' })
  username!: string | null;

  @ApiProperty({ description: 'Whether a password is stored.', example: true })
  hasPassword!: boolean;
}
