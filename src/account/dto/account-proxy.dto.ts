import type { AccountProxy } from '@crs/extension-api';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min, ValidateBy } from 'class-validator';
import type { ProxyInput } from '../account-input.js';
import { isProxyHost, PROXY_TYPES } from '../field-codecs.js';

const MAX_CREDENTIAL_LENGTH = 500;

const IsProxyHost = (): PropertyDecorator =>
  ValidateBy({
    name: 'isProxyHost',
    validator: {
      validate: (value) => typeof value === 'string' && isProxyHost(value),
      defaultMessage: () =>
        '$property must be a host name or an IP address, without scheme, port, path, user name or password',
    },
  });

/** A proxy as an administrator gives it. */
export class AccountProxyInputDto implements ProxyInput {
  @ApiProperty({ description: 'How the proxy is spoken to.', enum: PROXY_TYPES, example: 'socks5' })
  @IsIn(PROXY_TYPES, { message: `$property must be one of: ${PROXY_TYPES.join(', ')}` })
  type!: AccountProxy['type'];

  @ApiProperty({
    description: 'Host name or IP address, without scheme, port, path, user name or password.',
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
    description: 'User name; left out or null: none.',
    nullable: true,
    type: String,
    example: 'relay',
  })
  @IsOptional()
  @MaxLength(MAX_CREDENTIAL_LENGTH)
  @IsString({ message: '$property must be text' })
  username?: string | null;

  @ApiPropertyOptional({
    description:
      'Password. Left out of a change, the stored one is kept if host, port and user name stay the same; null removes it.',
    nullable: true,
    type: String,
    writeOnly: true,
    example: 'correct horse battery staple',
  })
  @IsOptional()
  @MaxLength(MAX_CREDENTIAL_LENGTH)
  @IsString({ message: '$property must be text' })
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
