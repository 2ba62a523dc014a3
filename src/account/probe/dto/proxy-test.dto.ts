import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, ValidateNested } from 'class-validator';
import { AccountProxyInputDto } from '../../dto/account-proxy.dto.js';
import { AccountUrl } from '../../dto/identity-field.js';
import { Optional } from '../../dto/setting-field.js';
import type { ProxyTestResult } from '../proxy-tester.js';

/** A proxy to test. */
export class ProxyTestInputDto {
  @ApiProperty({
    description: 'The proxy, as an account would have it. Nothing of it is stored.',
    type: AccountProxyInputDto,
  })
  @ValidateNested()
  @Type(() => AccountProxyInputDto)
  @IsObject({ message: '$property must be an object' })
  proxy!: AccountProxyInputDto;

  @ApiPropertyOptional({
    description: 'What is asked for through the proxy; the rules of apiUrl apply.',
    default: 'https://api.anthropic.com',
    example: 'https://api.anthropic.com',
  })
  @Optional()
  @AccountUrl()
  url?: string;
}

/** How the test of a proxy went. */
export class ProxyTestDto implements ProxyTestResult {
  @ApiProperty({ description: 'The target answered through the proxy, whatever its status.', example: false })
  ok!: boolean;

  @ApiPropertyOptional({ description: 'The status of the target; left out where it did not answer.', example: 404 })
  status?: number;

  @ApiProperty({ description: 'How long it took, in ms.', example: 231 })
  ms!: number;

  @ApiPropertyOptional({
    description:
      'Where it failed: at the proxy, at the target behind it, nobody answered within 15 s, or the gateway stops.',
    enum: ['proxy', 'target', 'timeout', 'stopped'],
    example: 'proxy',
  })
  stage?: 'proxy' | 'target' | 'timeout' | 'stopped';

  @ApiPropertyOptional({
    description: 'What failed and what to look at.',
    example: 'The proxy refused the user name or the password.',
  })
  message?: string;
}
