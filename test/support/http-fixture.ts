import { connect } from 'node:net';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  InternalServerErrorException,
  Param,
  Post,
  Put,
  Query,
  Res,
  ServiceUnavailableException,
} from '@nestjs/common';
import { ClientAccess, Public, RelayError } from '@crs/extension-api';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { ClientOnly } from '../../src/core/http/client-only.js';
import { ErrorRenderer, type RenderedError } from '../../src/core/http/error-renderers.js';
import { ListQueryDto, QueryBoolean } from '../../src/core/http/list-query.dto.js';

class PortDto {
  @IsInt()
  port!: number;
}

class ThingDto {
  @IsString()
  name!: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => PortDto)
  proxy?: PortDto;
}

class ThingQueryDto extends ListQueryDto {
  @QueryBoolean()
  active?: boolean;
}

/** Routes of the API's kind, with a failure of every sort. */
@Public()
@Controller('things')
export class ThingController {
  @Get()
  list(@Query() query: ThingQueryDto): ThingQueryDto {
    return query;
  }

  @Get(':id')
  get(@Param('id') id: string): object {
    if (id === 'broken') throw new Error('secret internals');
    if (id === 'hidden') throw new InternalServerErrorException('secret internals');
    if (id === 'busy') throw new ServiceUnavailableException('The store is away.');
    if (id === 'bad') throw new BadRequestException('Ids have no spaces.');
    if (id === 'relay') throw new RelayError('no_account', 'No account.', { retryAfterSeconds: 7 });
    return { id };
  }

  @Post()
  create(@Body() thing: ThingDto): ThingDto {
    return thing;
  }

  @Put(':id/pause')
  pause(@Body() body: unknown): object {
    return { body: body ?? null };
  }

  @Get(':id/half')
  half(@Res({ passthrough: true }) reply: FastifyReply): never {
    reply.raw.writeHead(200);
    reply.raw.write('half an ans');
    throw new Error('after the head');
  }

  @Get(':id/ended')
  ended(@Res({ passthrough: true }) reply: FastifyReply): never {
    reply.raw.end('all of it');
    throw new Error('after the end');
  }

  @Get(':id/streaming')
  async streaming(@Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    reply.hijack();
    reply.raw.writeHead(200);
    reply.raw.write('first part');
    await new Promise((resolve) => reply.raw.on('close', resolve));
  }
}

/** Routes of a client's kind. */
@ClientAccess()
@Controller('client')
export class EchoController {
  @Post('echo')
  @HttpCode(200)
  echo(@Body() body: Buffer): object {
    return { hex: body.toString('hex'), isBuffer: Buffer.isBuffer(body) };
  }

  @ClientOnly()
  @Get('refuse')
  refuse(): never {
    throw new RelayError('invalid_key', 'No such key.');
  }
}

/** The error body of the routes under /client/. */
export class EchoErrorRenderer extends ErrorRenderer {
  handles(path: string): boolean {
    return path.startsWith('/client/');
  }

  render(error: unknown, requestId: string): RenderedError {
    const status = (error as { getStatus?: () => number }).getStatus?.() ?? 401;
    return { status, headers: { 'x-rendered': 'yes' }, body: { kind: 'client', message: String(error), requestId } };
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Calls a JSON route; an empty answer is an empty object. */
export async function call(url: string, method: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { method, ...init });
  const text = await response.text();
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

/** Calls with a JSON body; text is sent as it is. */
export function sendJson(url: string, method: string, body: unknown, headers: object = {}): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return call(url, method, { body: text, headers: { 'content-type': 'application/json', ...headers } });
}

/** What a peer that speaks raw bytes gets back until the connection closes; `reply` may answer the first bytes. */
export function sendRaw(port: number, bytes: string, reply?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      if (chunks.length === 0 && reply !== undefined) socket.write(reply);
      chunks.push(chunk);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(Buffer.concat(chunks).toString());
    });
  });
}
